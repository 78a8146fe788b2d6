#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The colours of a heatmap, from one end to the other.
///
/// Neighbouring colours differ by equal steps of OKLab, so that equal differences of a value look
/// equal; lightness is what carries the value, so that it survives colour blindness and grey print.
package struct ColourScale: Sendable {
  /// One colour, as `0xRRGGBB`.
  package struct Colour: Sendable, Hashable {
    package let value: UInt32

    package init(value: UInt32) {
      self.value = value
    }

    /// `#rrggbb`.
    package var text: String {
      let digits = String(value, radix: 16)
      return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }
  }

  /// The number of steps of every scale; odd, so that a diverging one has a middle.
  package static let stepCount = 21

  /// A name of one letter, which the style sheet's classes begin with.
  package let letter: String
  /// The colours for a light page and for paper.
  package let light: [Colour]
  /// The colours for a dark page.
  package let dark: [Colour]

  private init(_ letter: String, light: [UInt32], dark: [UInt32]) {
    self.letter = letter
    self.light = light.map { Colour(value: $0) }
    self.dark = dark.map { Colour(value: $0) }
  }

  /// The class of the colour at `position`, where 0 is the first colour and 1 the last.
  package func className(at position: Double) -> String {
    "\(letter)\(Self.step(at: position))"
  }

  /// The step nearest to `position`; what is outside 0...1 goes to the nearer end.
  package static func step(at position: Double) -> Int {
    guard position > 0 else { return 0 }
    return min(Int((min(position, 1) * Double(stepCount - 1)).rounded()), stepCount - 1)
  }

  /// Black or white, whichever is easier to read on the colour.
  package static func ink(on colour: Colour) -> Colour {
    let (black, white) = (Colour(value: 0), Colour(value: 0xFFFFFF))
    return contrast(black, colour) >= contrast(white, colour) ? black : white
  }

  /// The contrast ratio of two colours (WCAG 2.2), from 1 to 21.
  package static func contrast(_ one: Colour, _ other: Colour) -> Double {
    let (a, b) = (luminance(one), luminance(other))
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)
  }

  private static func luminance(_ colour: Colour) -> Double {
    func linear(_ shift: UInt32) -> Double {
      let value = Double((colour.value >> shift) & 255) / 255
      return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
  }

  /// Similarities, from 0 to 1: one hue, from the page's own lightness away.
  package static let sequential = ColourScale(
    "s",
    light: [
      0xF3F8FA, 0xE6EDF3, 0xD9E2EC, 0xCDD8E5, 0xC0CDDE, 0xB4C3D7, 0xA8B8D0,
      0x9BAEC9, 0x90A4C2, 0x849ABB, 0x7890B4, 0x6C86AD, 0x617CA6, 0x56729F,
      0x4B6898, 0x405F91, 0x355589, 0x2A4B82, 0x1F427B, 0x143874, 0x082E6D,
    ],
    dark: [
      0x1D2733, 0x24303C, 0x2A3845, 0x31414E, 0x384957, 0x405260, 0x475C6A,
      0x4F6574, 0x566E7E, 0x5E7888, 0x668292, 0x6E8C9C, 0x7696A7, 0x7EA0B1,
      0x86AABC, 0x8FB5C7, 0x97BFD1, 0xA0CADC, 0xA8D4E7, 0xB1DFF3, 0xBAEAFE,
    ])

  /// Scores, from negative (blue) over zero (the page's own lightness) to positive (orange).
  package static let diverging = ColourScale(
    "d",
    light: [
      0x1A5197, 0x3262A2, 0x4772AC, 0x5C82B6, 0x7292BF, 0x87A3C9, 0x9DB3D2,
      0xB3C4DC, 0xC9D5E5, 0xE0E6EE, 0xF7F7F7, 0xEFE5DF, 0xE7D3C9, 0xDEC1B2,
      0xD6B09C, 0xCD9E85, 0xC48D6F, 0xBA7C59, 0xB06B42, 0xA6592A, 0x9C4703,
    ],
    dark: [
      0x78BEFC, 0x70AEE5, 0x679ECF, 0x5F8EB9, 0x577EA3, 0x4E6F8E, 0x466179,
      0x3E5265, 0x364452, 0x2E363F, 0x26292D, 0x383533, 0x4A4038, 0x5D4C3D,
      0x715842, 0x856447, 0x9A704B, 0xB07D4F, 0xC58A53, 0xDB9656, 0xF2A459,
    ])
}
