import Foundation
import Reports
import Testing

@Suite struct ColourScaleTests {
  private static let sides = [ColourScale.sequential, .diverging].flatMap { [$0.light, $0.dark] }

  @Test func textOnEveryColourHasAContrastOfAtLeastFourAndAHalf() {
    for side in Self.sides {
      #expect(side.count == ColourScale.stepCount)
      for colour in side {
        let contrast = ColourScale.contrast(ColourScale.ink(on: colour), colour)
        #expect(contrast >= 4.5, "\(colour.text)")
      }
    }
  }

  /// Text, quiet text, verdicts: each on page, card and wash, as the style sheet declares them.
  @Test func textOfThePageHasAContrastOfAtLeastFourAndAHalfInBothModes() throws {
    let blocks = StyleSheet.text.components(separatedBy: ":root{")
    let (light, dark) = (
      try #require(blocks.dropFirst(1).first), try #require(blocks.dropFirst(2).first)
    )
    for block in [light, dark] {
      for text in ["ink", "soft", "finding", "caution", "calm"] {
        for ground in ["page", "card", "wash"] {
          let contrast = ColourScale.contrast(try colour(text, block), try colour(ground, block))
          #expect(contrast >= 4.5, "\(text) on \(ground)")
        }
      }
    }
  }

  private func colour(_ name: String, _ block: String) throws -> ColourScale.Colour {
    let start = try #require(block.range(of: "--\(name):#"))
    let digits = block[start.upperBound...].prefix(6)
    return ColourScale.Colour(value: try #require(UInt32(digits, radix: 16)))
  }

  @Test func neighbouringColoursAreEquallyFarApart() {
    for (index, side) in Self.sides.enumerated() {
      let steps = zip(side, side.dropFirst()).map { distance(okLab($0), okLab($1)) }
      let halves = index < 2 ? [steps[...]] : [steps.prefix(10), steps.suffix(10)]
      for half in halves {
        let mean = half.reduce(0, +) / Double(half.count)
        for step in half { #expect(abs(step - mean) <= 0.1 * mean) }
      }
    }
  }

  @Test func lightnessCarriesTheValue() {
    for side in [ColourScale.sequential.light.reversed(), ColourScale.sequential.dark] {
      let lightness = side.map { okLab($0)[0] }
      #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func positionsOutsideTheScaleGoToItsEnds() {
    #expect(ColourScale.step(at: -1) == 0)
    #expect(ColourScale.step(at: .nan) == 0)
    #expect(ColourScale.step(at: 0.5) == 10)
    #expect(ColourScale.step(at: .infinity) == 20)
    #expect(ColourScale.sequential.className(at: 1) == "s20")
  }

  private func distance(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// OKLab of an sRGB colour (Ottosson 2020).
  private func okLab(_ colour: ColourScale.Colour) -> [Double] {
    let (r, g, b) = (linear(colour.value >> 16), linear(colour.value >> 8), linear(colour.value))
    let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return [
      0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
  }

  private func linear(_ value: UInt32) -> Double {
    let part = Double(value & 255) / 255
    return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
  }
}
