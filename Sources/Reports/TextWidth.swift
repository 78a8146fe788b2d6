import Diagnostics

/// How many terminal columns text takes, and how to make it fit.
public enum TextWidth {
  /// The number of columns: two for wide East Asian characters and emoji, none for marks that
  /// combine with the character before.
  public static func of(_ text: String) -> Int {
    text.reduce(0) { $0 + of($1) }
  }

  private static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    // A variation selector or a joiner makes an emoji of a character that may be narrow alone.
    if scalars.contains(where: { $0.value == 0xFE0F || $0.value == 0x200D }) { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: return isWide(first) ? 2 : 1
    }
  }

  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F1E6...0x1F1FF, 0x20000...0x3FFFD,
  ]

  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isEmojiPresentation || wideRanges.contains { $0.contains(scalar.value) }
  }

  /// Text that takes no more than `columns` columns, its end replaced by an ellipsis if it must.
  public static func cut(_ text: String, to columns: Int) -> String {
    guard of(text) > columns else { return text }
    var (kept, width) = ("", 0)
    for character in text {
      width += of(character)
      guard width < columns else { break }
      kept.append(character)
    }
    return columns > 0 ? kept + "…" : ""
  }

  /// Text of one line without characters that act on a terminal or turn the reading direction.
  ///
  /// Each of them becomes U+FFFD, so that a name cannot pretend to be another one or colour the
  /// rest of the screen.
  public static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHarmful) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(isHarmful(scalar) ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }

  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool { TerminalText.acts(scalar) }

  /// Breaks text at spaces so that every line fits; a word that is longer is cut.
  public static func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    var (line, used) = ("", 0)
    for word in text.split(separator: " ") {
      let word = cut(String(word), to: width)
      let length = of(word)
      if used > 0, used + 1 + length > width {
        lines.append(line)
        (line, used) = ("", 0)
      }
      line += used > 0 ? " \(word)" : word
      used += used > 0 ? length + 1 : length
    }
    return used > 0 ? lines + [line] : lines
  }
}
