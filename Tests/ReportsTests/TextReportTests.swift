import Attribution
import Reports
import Testing

@Suite struct TextReportTests {
  @Test func theTextOfAMixedCaseIsAsRecorded() throws {
    try expectSnapshot(try TextReport(try ExampleCase.mixed()).render(colour: false), "mixed.txt")
  }

  @Test(
    arguments: [(1, 1), (1, 5), (7, 5), (5, 7), (60, 5), (5, 60), (60, 60)], [60, 80, 100, 132])
  func noLineIsWiderThanTheTerminal(size: (Int, Int), width: Int) throws {
    let example = try ExampleCase.sized(victim: size.0, suspect: size.1)
    let lines = try TextReport(example).render(width: width, colour: false).split(separator: "\n")
    for line in lines { #expect(TextWidth.of(String(line)) <= width, "\(line)") }
  }

  @Test func hostileNamesNeitherReachTheTerminalNorWidenTheTable() throws {
    let text = try TextReport(try ExampleCase.hostile()).render(width: 100, colour: false)
    let forbidden: Set<UInt32> = [0x00, 0x07, 0x1B, 0x202E]
    #expect(!text.unicodeScalars.contains { forbidden.contains($0.value) })
    for line in text.split(separator: "\n") { #expect(TextWidth.of(String(line)) <= 100) }
  }

  @Test func colourChangesNoWord() throws {
    let report = try TextReport(try ExampleCase.mixed())
    let coloured = report.render(colour: true)
    #expect(coloured.contains("\u{1B}[35mmatches the routing\u{1B}[0m"))
    var plain = coloured
    for code in ["1;33", "35", "1", "2", "0"] {
      plain = plain.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false).joined()
    }
    #expect(plain == report.render(colour: false))
  }

  @Test func aMatrixTooLargeToPrintShowsTheBestThree() throws {
    let text = try TextReport(try ExampleCase.sized(victim: 60, suspect: 60)).render(colour: false)
    #expect(text.contains("the whole 60 x 60 matrix is in the case"))
    let small = try TextReport(try ExampleCase.sized(victim: 7, suspect: 5)).render(colour: false)
    #expect(!small.contains("matrix is in the case"))
  }

  @Test func aSingleVictimExpertHasNoRunnerUp() throws {
    let text = try TextReport(try ExampleCase.sized(victim: 1, suspect: 5)).render(colour: false)
    #expect(text.contains("there is no attribution margin"))
    #expect(text.contains("none"))
  }
}
