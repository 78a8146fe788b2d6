import Diagnostics
import Foundation
import Testing

@Suite struct TerminalTextTests {
  /// What names of files try: the clear sequence, C1's own, line breaks of all kinds, directions, tags.
  private static let hostile =
    "a\u{1B}[2Jb\rc\nd\u{9B}31me\u{202E}f\u{2066}g\u{2028}h\u{0}i\u{7F}j\u{85}k\u{200F}l\u{E0041}m\u{FEFF}"

  @Test func aLineShowsWhatActsAndActsOnNothing() {
    let line = TerminalText.line(Self.hostile)
    #expect(
      line
        == "a\\u{1B}[2Jb\\rc\\nd\\u{9B}31me\\u{202E}f\\u{2066}g\\u{2028}h\\u{0}i\\u{7F}j\\u{85}k"
        + "\\u{200F}l\\u{E0041}m\\u{FEFF}")
    #expect(!line.unicodeScalars.contains(where: TerminalText.acts))
  }

  @Test func ordinaryTextStaysAsItIs() {
    for text in ["", "scène 15", "名前", "👩‍🔬", "می‌خواهم", "--tab-less line, `x`"] {
      #expect(TerminalText.line(text) == text)
      #expect(TerminalText.json("\"\(text)\"") == "\"\(text)\"")
    }
  }

  @Test func aBlockKeepsItsLinesAndOnRequestItsColours() {
    let text = "one\n\u{1B}[1;31mtwo\u{1B}[0m\u{1B}[2J\u{1B}]0;x\n"
    #expect(
      TerminalText.block(text) == "one\n\\u{1B}[1;31mtwo\\u{1B}[0m\\u{1B}[2J\\u{1B}]0;x\n")
    #expect(
      TerminalText.block(text, keepsColours: true)
        == "one\n\u{1B}[1;31mtwo\u{1B}[0m\\u{1B}[2J\\u{1B}]0;x\n")
    #expect(TerminalText.block("\u{1B}[31", keepsColours: true) == "\\u{1B}[31")
  }

  @Test func jsonKeepsItsValues() throws {
    let text = String(decoding: try JSONEncoder().encode([Self.hostile]), as: UTF8.self)
    let safe = TerminalText.json(text)
    #expect(!safe.unicodeScalars.contains(where: TerminalText.acts))
    #expect(try JSONDecoder().decode([String].self, from: Data(safe.utf8)) == [Self.hostile])
  }

  @Test func longRunsOfMarksAreFound() {
    let mark = "\u{301}\u{323}"
    #expect(StreamSafeText.isSafe("é" + String(repeating: mark, count: 14) + "x" + mark))
    #expect(!StreamSafeText.isSafe("e" + String(repeating: mark, count: 16)))
  }
}
