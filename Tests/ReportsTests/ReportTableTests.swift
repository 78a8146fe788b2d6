import Foundation
import Reports
import Testing

@Suite struct ReportTableTests {
  private func markup(_ table: ReportTable, folded: Bool = false) -> String {
    var page = MarkupWriter()
    if folded { table.writeFolded(under: "more", to: &page) } else { table.write(to: &page) }
    return page.markup
  }

  private let table = ReportTable(
    caption: "What was measured",
    columns: [.words("Suspect"), .numbers("RouteMark"), .words("Verdict")],
    rows: [
      [
        .link("<script>", to: "suspect-one"), .number(-0.25),
        .verdict(.consistent, "consistent with reuse"),
      ],
      [.name("two"), .number(nil), .marked("in part", "outcome part")],
    ])

  @Test func theFirstCellNamesTheRowAndNumbersAreAligned() {
    let page = markup(table)
    #expect(page.contains("<caption>What was measured</caption>"))
    #expect(
      page.contains(
        "<th scope=\"row\"><a href=\"#suspect-one\"><bdi>&lt;script&gt;</bdi></a></th>"))
    #expect(page.contains("<td class=\"number\">\u{2212}0.250</td>"))
    #expect(page.contains("<td class=\"number\">–</td>"))
    #expect(page.contains("<td><span class=\"outcome part\">in part</span></td>"))
  }

  @Test func aFoldedTableIsTheSameTable() {
    let page = markup(table, folded: true)
    #expect(page.hasPrefix("<details><summary>more</summary>"))
    #expect(page.contains(markup(table)))
  }

  @Test func verdictsAreReadBackFromTheirWords() {
    #expect(VerdictKind(describedAs: "consistent with reuse of cars") == .consistent)
    #expect(VerdictKind(describedAs: "matches the routing of cars") == .matches)
    #expect(VerdictKind(describedAs: "no evidence of reuse") == .noEvidence)
    #expect(VerdictKind(describedAs: "inconclusive: no margin") == .inconclusive)
    #expect(VerdictKind(describedAs: "guilty") == nil)
  }
}
