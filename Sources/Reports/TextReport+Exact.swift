import ExactTests

/// What exact tests say about one suspect, as text for a terminal.
public struct ExactTable: Sendable {
  private let findings: ExactFindings

  /// A table of findings.
  public init(_ findings: ExactFindings) { self.findings = findings }

  /// The verdict in a sentence, a row for each victim expert, what it takes for granted, and what would
  /// decide what is open.
  public func render(width: Int = 100, colour: Bool = false) -> String {
    sentence(width, colour) + table(width, colour)
      + Self.paragraph("assumes: \(ReportCase.limit(findings))", .faint, width, colour)
      + remedies(width, colour)
  }

  /// The words of the strongest verdict, and the sentence.
  private func sentence(_ width: Int, _ colour: Bool) -> String {
    let kind = ReportCase.headline(findings)
    return Self.paragraph(kind.words, kind.style, width, colour)
      + Self.paragraph(ReportCase.sentence(findings).capitalisedFirst, .plain, width, colour)
  }

  /// The rows.
  func table(_ width: Int, _ colour: Bool) -> String {
    var table = TextTable([
      .leading("victim expert"), .leading("verdict", canShrink: false), .leading("nearest"),
      .trailing("shared"), .trailing("by re-runs"), .trailing("p"), .trailing("floor"),
      .trailing("Holm p"),
    ])
    for row in ReportCase.rows(findings) {
      table.append([
        TextTable.Cell(row.subject), TextTable.Cell(row.kind.shortWords, row.kind.style),
        TextTable.Cell(row.nearest), TextTable.Cell(row.statistic), TextTable.Cell(row.reruns),
        TextTable.Cell(row.pValue), TextTable.Cell(row.floor), TextTable.Cell(row.adjusted),
      ])
    }
    return table.render(width: width, colour: colour)
  }

  /// What would decide what is open.
  func remedies(_ width: Int, _ colour: Bool) -> String {
    ReportCase.remedies(findings).map { Self.paragraph($0, .faint, width, colour) }.joined()
  }

  private static func paragraph(
    _ text: String, _ style: TextStyle, _ width: Int, _ colour: Bool
  ) -> String {
    TextWidth.lines(of: TextWidth.harmless(text), width: width)
      .map { style.apply(to: $0, colour: colour) + "\n" }.joined()
  }
}
