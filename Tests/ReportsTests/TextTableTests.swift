import Reports
import Testing

@Suite struct TextTableTests {
  @Test func textIsAlignedLeftAndNumbersRight() {
    var table = TextTable([.leading("name"), .trailing("value"), .leading("note")])
    table.append(["a", "1.5", ""])
    table.append(["longer", "12.25", "x"])
    #expect(
      table.render(width: 40) == """
        name    value  note
        a         1.5
        longer  12.25  x

        """)
  }

  @Test func theWidestTextIsCutFirstAndNumbersAreNot() {
    var table = TextTable([.leading("a"), .leading("b"), .trailing("n")])
    table.append(["abcdefghijklmnop", "xyz", "123456"])
    #expect(
      table.render(width: 20) == """
        a        b         n
        abcdef…  xyz  123456

        """)
  }

  @Test func wideCharactersCountAsTwoColumns() {
    var table = TextTable([.leading("n"), .leading("m")])
    table.append(["日本", "x"])
    table.append(["abcd", "y"])
    table.append(["e\u{301}", "z"])
    #expect(table.render(width: 20) == "n     m\n日本  x\nabcd  y\ne\u{301}     z\n")
    #expect(TextWidth.of("👩‍👩‍👧🇩🇪") == 4)
    #expect(TextWidth.cut("日本語", to: 4) == "日…")
  }

  @Test func controlsBecomeVisible() {
    var table = TextTable([.leading("n")])
    table.append(["a\nb\u{1B}[2J\u{202E}"])
    #expect(table.render(width: 20) == "n\na\u{FFFD}b\u{FFFD}[2J\u{FFFD}\n")
  }

  @Test func linesBreakAtSpaces() {
    #expect(TextWidth.lines(of: "one two three", width: 8) == ["one two", "three"])
    #expect(TextWidth.lines(of: "", width: 8) == [])
    #expect(TextWidth.lines(of: "abcdefghijkl", width: 8) == ["abcdefg…"])
  }
}
