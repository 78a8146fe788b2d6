import Experiments
import Foundation
import Testing

@Suite struct StudyConclusionsTests {
  @Test func everyClaimIsALineOfTheTable() throws {
    let results = try ExampleStudy.results()
    let lines = StudyConclusions(results, stamp: "2 cores").render().split(separator: "\n")
    for claim in StudyClaim.all(results) {
      let line = try #require(lines.first { $0.hasPrefix("| \(claim.claim) |") })
      let cells = line.components(separatedBy: " | ")
      #expect(cells.count == 5)
      #expect(cells[2] == claim.measured && cells[3] == "**\(claim.outcome.rawValue)**")
    }
    #expect(lines.first == "# RouteMark's study in a world of its own: conclusions")
    #expect(lines.contains { $0.hasSuffix("2 cores.") })
  }

  @Test func innocentsAndCurvesHaveTheirNumbers() throws {
    let text = StudyConclusions(try ExampleStudy.results()).render()
    #expect(text.contains("**Left out by the paper.** 8 of 8 experts"))
    #expect(text.contains("| RouteMark | 0.875 | 0.875 | 0.625 | 0.625 |"))
    #expect(text.contains("| independent, same task | 8 | 0.930 | 8 |"))
  }

  @Test func markupInNamesIsText() throws {
    let names = ExampleStudy.Names(tool: "<b>|tool|</b>\n# new")
    let text = StudyConclusions(
      try ExampleStudy.results(names: names), stamp: "[a](http://x) `y` *z*"
    ).render()
    #expect(!text.contains("<b>") && text.contains("&lt;b&gt;\\|tool\\|&lt;/b&gt;"))
    #expect(!text.contains("\n# new"))
    #expect(text.contains("\\[a\\](http://x) \\`y\\` \\*z\\*"))
  }
}
