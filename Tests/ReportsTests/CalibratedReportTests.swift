import Attribution
import Foundation
import Reports
import Testing

/// Reports of cases with null experts: calibrated verdicts come first, and say what they rest on.
@Suite struct CalibratedReportTests {
  @Test func theTextIsAsRecorded() throws {
    let text = try TextReport(try CalibratedExample.make()).render(colour: false)
    try expectSnapshot(text, "calibrated.txt")
  }

  @Test func thePageIsAsRecorded() throws {
    try expectSnapshot(try HTMLReport(try CalibratedExample.make()).render(), "calibrated.html")
  }

  @Test func theCalibratedVerdictIsTheHeadline() throws {
    let example = try CalibratedExample.make()
    // By plain similarity all three are taken for the victim's: the hole that nulls close.
    #expect(example.summary.matchingCount == 3)
    let text = try TextReport(example).render(width: 400, colour: false)
    #expect(
      text.hasPrefix("unlike other people's work (screening)\nScreening: 2 of 3 suspect experts"))
    #expect(text.contains("1 without evidence of reuse"))
    #expect(text.contains("white box: functional residual"))
    #expect(text.contains("grey box: routing residual"))
    #expect(text.contains("null distribution: 18 nulls"))
    #expect(text.contains("pruned"))
    #expect(!text.contains("no calibrated error rate"))
  }

  @Test func withoutWeightsTheGreyBoxDecides() throws {
    let text = try TextReport(try CalibratedExample.make(isWhiteBox: false))
      .render(width: 400, colour: false)
    #expect(!text.contains("white box: functional"))
    #expect(text.contains("Only routers were seen"))
  }

  @Test func withoutNullsTheFirstLinesSayThatInnocentsCannotBeExcluded() throws {
    let text = try TextReport(try ExampleCase.mixed()).render(width: 400, colour: false)
    let first = text.split(separator: "\n").prefix(4).joined(separator: "\n")
    #expect(first.contains("innocents who trained on the same tasks cannot be excluded"))
    let page = try HTMLReport(try ExampleCase.mixed()).render()
    let limit = try #require(page.range(of: "cannot be excluded"))
    let table = try #require(page.range(of: "Verdict for each suspect expert"))
    #expect(limit.lowerBound < table.lowerBound)
  }

  @Test(arguments: [60, 80, 100])
  func noLineIsWiderThanTheTerminal(width: Int) throws {
    let text = try TextReport(try CalibratedExample.make()).render(width: width, colour: false)
    for line in text.split(separator: "\n") {
      #expect(TextWidth.of(String(line)) <= width, "\(line)")
    }
  }

  @Test func theChartShowsNullsSuspectVictimAndLevel() throws {
    let page = try HTMLReport(try CalibratedExample.make()).render()
    #expect(page.contains("Null distributions of scene15, cars, rsscn7, model as a whole"))
    let rows = page.components(separatedBy: "class=\"threshold\"").count - 1
    #expect(rows == 2 * 4, "a stroke for each row of both levels")
    #expect(!page.lowercased().contains("stolen"))
  }

  @Test(arguments: [
    (0.3149, "0.31"), (0.042, "0.042"), (0.0042, "0.0042"), (1.26e-7, "1.3e-07"),
    (9.97e-5, "1.0e-04"), (0, "< 1e-12"), (1, "1.00"),
  ])
  func smallProbabilities(value: Double, text: String) {
    #expect(PValueText.of(value) == text)
  }
}
