import ExactTests

extension HTMLReport {
  /// What exact tests say: a row for each victim expert, what is taken for granted, what would decide.
  func writeExact(to page: inout MarkupWriter) {
    guard let findings = report.exact else { return }
    page.element(.section) { section in
      section.element(.h2, text: "Exact test: the victim among re-runs of its own recipe")
      ReportTable(
        caption:
          "What the suspect shares with the victim expert beyond all other runs (-1 to 1), the "
          + "range of the same with each re-run in the victim's place, the rank p-value, the smallest "
          + "that so many re-runs allow, and p adjusted by Holm over the victim's experts. The verdict "
          + "rests on this p alone.",
        columns: [
          .words("Victim expert"), .words("Verdict"), .words("Nearest suspect expert"),
          .numbers("Shared"), .numbers("By re-runs"), .numbers("p"), .numbers("Floor"),
          .numbers("Holm p"),
        ],
        rows: ReportCase.rows(findings).map { row in
          [
            .name(row.subject), .verdict(row.kind, row.kind.shortWords), .name(row.nearest),
            .count(row.statistic), .count(row.reruns), .count(row.pValue), .count(row.floor),
            .count(row.adjusted),
          ]
        }
      ).write(to: &section)
      let remedies = ReportCase.remedies(findings)
      guard !remedies.isEmpty else { return }
      section.element(.ul) { list in
        for remedy in remedies { list.element(.li, text: "\(remedy.capitalisedFirst).") }
      }
    }
    page.lineFeed()
  }
}
