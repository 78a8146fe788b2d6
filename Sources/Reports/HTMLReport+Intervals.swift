extension HTMLReport {
  /// How much the numbers above depend on which probe images were shown.
  func writeIntervals(to page: inout MarkupWriter) {
    page.element(.section) { section in
      section.element(.h2, text: "What the choice of probe images changes")
      guard let intervals = report.intervalTable else {
        section.element(
          .p, .classes("soft"), text: "\(ReportCase.noIntervals.capitalisedFirst).")
        return
      }
      ReportTable(
        caption: "\(intervals.caption).",
        columns: [.words("Suspect expert")]
          + intervals.titles.map { .numbers($0.capitalisedFirst) },
        rows: intervals.rows.map { row in
          [.name(row.expert)] + row.intervals.map { .count($0?.typographicText ?? "–") }
        }
      ).write(to: &section)
    }
    page.lineFeed()
  }
}
