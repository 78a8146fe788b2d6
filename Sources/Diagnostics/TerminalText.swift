/// Makes text that others wrote harmless: names and values of files, on their way to a terminal.
///
/// A name may hold characters that clear the screen, turn the reading direction or begin a line, and
/// so forge an answer. They are shown as `\u{1B}`, a line feed as `\n`.
public enum TerminalText {
  /// Text as one line: whatever acts on a terminal is escaped, line feeds too.
  public static func line(_ text: String) -> String { escaped(text) { $0 == "\n" || acts($0) } }

  /// Text of several lines: whatever acts on a terminal is escaped, but line feeds.
  ///
  /// - Parameter keepsColours: Whether sequences that only change colours stay.
  public static func block(_ text: String, keepsColours: Bool = false) -> String {
    guard keepsColours else { return escaped(text) { $0 != "\n" && acts($0) } }
    var result = ""
    var rest = text.unicodeScalars[...]
    while let escape = rest.firstIndex(of: "\u{1B}") {
      result += block(String(rest[..<escape]))
      rest = rest[escape...]
      let end = colourSequenceEnd(rest)
      result += end == nil ? "\\u{1B}" : String(rest[..<(end ?? escape)])
      rest = rest[(end ?? rest.index(after: escape))...]
    }
    return result + block(String(rest))
  }

  /// JSON with whatever acts on a terminal written as `\uXXXX`: the same values, other bytes.
  ///
  /// - Precondition: `text` is JSON; such characters can only stand inside its strings, and those below
  ///   U+0020 are escaped there already.
  public static func json(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0x7F }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      guard scalar.value >= 0x7F, acts(scalar) else {
        result.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        result.append(
          contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))".unicodeScalars)
        result.append(contentsOf: digits.unicodeScalars)
      }
    }
    return String(result)
  }

  /// Whether a character acts on a terminal, breaks a line, turns the reading direction or is invisible.
  ///
  /// Joiners, which scripts and emoji need, do not count.
  public static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0x200C, 0x200D: return false
    case 0x00...0x1F, 0x7F...0x9F: return true
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: return true
      default: return false
      }
    }
  }

  private static func escaped(
    _ text: String, where isEscaped: (Unicode.Scalar) -> Bool
  ) -> String {
    guard text.unicodeScalars.contains(where: isEscaped) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if !isEscaped(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        switch scalar {
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        default: result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        }
      }
    }
    return result
  }

  /// Where a sequence like ESC [ 1 ; 31 m at the start of `text` ends.
  private static func colourSequenceEnd(
    _ text: Substring.UnicodeScalarView
  ) -> Substring.UnicodeScalarView.Index? {
    let body = text.dropFirst()
    guard body.first == "[" else { return nil }
    let end = body.dropFirst().firstIndex { !("0"..."9").contains($0) && $0 != ";" }
    guard let end, text[end] == "m" else { return nil }
    return text.index(after: end)
  }
}
