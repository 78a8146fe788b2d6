/// How a piece of text stands out on a terminal.
///
/// Colour is never the only carrier: the words say the same.
public enum TextStyle: Sendable, Hashable {
  /// As any other text.
  case plain
  /// Headings and top-1 values.
  case bold
  /// What matters less.
  case faint
  /// Consistent with reuse.
  case finding
  /// Inconclusive.
  case caution

  /// The text between the escape sequences of this style, or as it is without colour.
  public func apply(to text: String, colour: Bool) -> String {
    let codes: String? =
      switch self {
      case .plain: nil
      case .bold: "1"
      case .faint: "2"
      case .finding: "1;33"
      case .caution: "35"
      }
    guard colour, let codes, !text.isEmpty else { return text }
    return "\u{1B}[\(codes)m\(text)\u{1B}[0m"
  }
}
