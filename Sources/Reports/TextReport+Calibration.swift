import Attribution
import Calibration

extension TextReport {
  /// What null experts say: a table a level, then what was probably done.
  func calibration(_ width: Int, _ colour: Bool) -> [String] {
    var blocks = report.calibratedLevels.map { level($0, width, colour) }
    if let findings = findings(width, colour) { blocks.append(findings) }
    guard !blocks.isEmpty else { return [] }
    blocks.append(
      paragraph(
        "Plain similarities follow. They recognise the task, not the origin, of an expert.",
        .faint, width, colour))
    return blocks
  }

  private func level(_ evidence: CalibratedEvidence, _ width: Int, _ colour: Bool) -> String {
    var table = TextTable([
      .leading("suspect expert"), .leading("verdict", canShrink: false),
      .leading("tested against"), .trailing("plain"), .trailing("residual"),
      .trailing("rank p"), .trailing("p"), .trailing("Holm p"),
    ])
    for decision in evidence.decisions {
      append(
        decision.suspectExpert, decision.verdict, decision.victimExpert, decision.test,
        decision.pValue, decision.adjustedP, to: &table)
    }
    append(
      "model as a whole", evidence.model.verdict, "\(evidence.model.pairCount) matched pairs",
      evidence.model.test, evidence.model.pValue, evidence.model.pValue, to: &table)
    let tail = evidence.decisions.lazy.compactMap { $0.test?.tail }.first
    let options = report.attributionCase.calibration?.input.options ?? .standard
    return paragraph(evidence.level.words, .bold, width, colour)
      + table.render(width: width, colour: colour)
      + paragraph(ReportCase.decidingWords(options), .faint, width, colour)
      + (tail.map { paragraph(ReportCase.fit($0), .faint, width, colour) } ?? "")
      + ReportCase.remedies(evidence).map { paragraph($0, .faint, width, colour) }.joined()
  }

  private func append(
    _ name: String, _ verdict: CalibratedVerdict, _ victim: String, _ test: ReuseTest?,
    _ pValue: Double?, _ adjustedP: Double?, to table: inout TextTable
  ) {
    let kind = VerdictKind(verdict)
    table.append([
      TextTable.Cell(name), TextTable.Cell(kind.shortWords, kind.style), TextTable.Cell(victim),
      TextTable.Cell(test.map { FixedDigits.text($0.scores.plain) } ?? "-"),
      TextTable.Cell(test.map { FixedDigits.text($0.scores.score) } ?? "-"),
      TextTable.Cell(test.map { PValueText.of($0.withinTaskP) } ?? "-"),
      TextTable.Cell(pValue.map(PValueText.of) ?? "-"),
      TextTable.Cell(adjustedP.map(PValueText.of) ?? "-"),
    ])
  }

  private func findings(_ width: Int, _ colour: Bool) -> String? {
    guard let findings = report.attributionCase.calibration?.result.findings, !findings.isEmpty
    else { return nil }
    var table = TextTable([
      .leading("expert", canShrink: false), .leading("what was probably done", canShrink: false),
      .leading("how sure", canShrink: false), .leading("measured"),
    ])
    for finding in findings {
      table.append([
        TextTable.Cell(finding.subject), TextTable.Cell(finding.kind.words),
        TextTable.Cell(finding.confidence.rawValue), TextTable.Cell(ReportCase.numbers(finding)),
      ])
    }
    return paragraph("what was probably done", .bold, width, colour)
      + table.render(width: width, colour: colour)
  }
}
