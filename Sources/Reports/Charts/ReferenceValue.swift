/// A number that a publication states, and how exactly it states it.
package struct ReferenceValue: Sendable, Hashable {
  /// How a number is meant.
  package enum Relation: String, Sendable, Hashable {
    case exactly, about, above, below
  }

  /// The number.
  package let value: Double
  /// How it is meant.
  package let relation: Relation

  package init(_ value: Double, _ relation: Relation = .exactly) {
    self.value = value
    self.relation = relation
  }

  /// The number in words: `0.960`, `about 0.85`.
  package var text: String {
    relation == .exactly
      ? FixedDigits.text(value) : "\(relation.rawValue) \(FixedDigits.text(value, digits: 2))"
  }

  /// A small arrow beside a mark that is a bound: `""` where it is none.
  ///
  /// - Parameter isVertical: whether larger values are higher rather than further right.
  func arrow(x: Double, y: Double, isVertical: Bool) -> String {
    let sign: Double
    switch relation {
    case .exactly, .about: return ""
    case .above: sign = 1
    case .below: sign = -1
    }
    let (dx, dy) = isVertical ? (0, -sign) : (sign, 0)
    let tip = (x: x + 15 * dx, y: y + 15 * dy)
    let text = ChartNumber.text
    return "M\(text(x + 5 * dx)) \(text(y + 5 * dy))L\(text(tip.x)) \(text(tip.y))"
      + "M\(text(tip.x - 4 * dx - 3 * dy)) \(text(tip.y - 4 * dy - 3 * dx))"
      + "L\(text(tip.x)) \(text(tip.y))"
      + "L\(text(tip.x - 4 * dx + 3 * dy)) \(text(tip.y - 4 * dy + 3 * dx))"
  }
}
