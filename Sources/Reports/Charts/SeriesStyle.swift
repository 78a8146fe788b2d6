/// How a series looks: a colour and a shape of its own, so that neither has to carry it alone.
///
/// Colours follow Okabe and Ito (2008), which stay apart under every common colour blindness, darkened or
/// lightened until they have a contrast of 3 on the page.
package struct SeriesStyle: Sendable, Hashable {
  /// 0..<7.
  package let index: Int

  /// The style at an index.
  ///
  /// - Precondition: it is one of the seven.
  package init(_ index: Int) {
    precondition(Self.light.indices.contains(index), "there are \(Self.light.count) styles")
    self.index = index
  }

  /// The class of the style sheet that sets the colour.
  var className: String { "c\(index)" }

  static let light: [ColourScale.Colour] = [
    0x0B62A8, 0xC24E00, 0x007A5A, 0x94458F, 0x8A6A00, 0x4A5563, 0x0A7F94,
  ].map { ColourScale.Colour(value: $0) }

  static let dark: [ColourScale.Colour] = [
    0x6BB7F5, 0xFF9A5C, 0x4FCFA3, 0xE09ADB, 0xE0C350, 0xB6C0CC, 0x6ADAE8,
  ].map { ColourScale.Colour(value: $0) }

  /// The outline of the marker around a point.
  func marker(x: Double, y: Double) -> String {
    func start(_ dx: Double, _ dy: Double) -> String {
      "M\(ChartNumber.text(x + dx)) \(ChartNumber.text(y + dy))"
    }
    return switch index {
    case 0: "\(start(-4, 0))a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"
    case 1: "\(start(-3.5, -3.5))h7v7h-7z"
    case 2: "\(start(0, -5))l5 5l-5 5l-5 -5z"
    case 3: "\(start(0, -5))l5 9h-10z"
    case 4: "\(start(0, 5))l5 -9h-10z"
    case 5: "\(start(-4, -4))l8 8\(start(4, -4))l-8 8"
    default: "\(start(-5, 0))h10\(start(0, -5))v10"
    }
  }
}

/// Coordinates as text.
enum ChartNumber {
  /// Tenths of a pixel, without a tenth where it is zero.
  static func text(_ value: Double) -> String {
    let text = FixedDigits.text(value, digits: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
