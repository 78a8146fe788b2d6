import Calibration

/// What null experts say about the experts of many suspects, as a table for a terminal.
///
///     var table = ScreeningTable()
///     for (name, evidence) in suspects { table.append(evidence, of: name, findings: []) }
///     print(table.render(CollectionScreening(...)))
public struct ScreeningTable: Sendable {
  private var suspects: [(name: String, evidence: CalibratedEvidence, findings: [TamperFinding])] =
    []

  /// A table without suspects.
  public init() {}

  /// Adds a row for each expert of a suspect.
  public mutating func append(
    _ evidence: CalibratedEvidence, of name: String, findings: [TamperFinding]
  ) {
    suspects.append((name, evidence, findings))
  }

  /// The table, what would decide what is open, and what was probably done.
  ///
  /// - Parameter screening: The same suspects, in the same order, adjusted together.
  public func render(
    _ screening: CollectionScreening, width: Int = 100, colour: Bool = false
  ) -> String {
    var table = TextTable([
      .leading("suspect", canShrink: false), .leading("expert"),
      .leading("verdict", canShrink: false), .leading("against"), .trailing("residual"),
      .trailing("p"), .trailing("Holm p"), .trailing("all"),
    ])
    var adjusted = screening.entries.map(\.adjustedP)[...]
    for suspect in suspects {
      for decision in suspect.evidence.decisions {
        let kind = VerdictKind(decision.verdict)
        let overall = decision.pValue.flatMap { _ in adjusted.popFirst() }
        table.append(
          [
            TextTable.Cell(suspect.name), TextTable.Cell(decision.suspectExpert),
            TextTable.Cell(kind.words, kind.style), TextTable.Cell(decision.victimExpert),
            TextTable.Cell(decision.test.map { FixedDigits.text($0.scores.score) } ?? "-"),
          ]
            + [decision.pValue, decision.adjustedP, overall].map {
              TextTable.Cell($0.map(PValueText.of) ?? "-")
            })
      }
    }
    return ([table.render(width: width, colour: colour)] + notes(width, colour))
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func notes(_ width: Int, _ colour: Bool) -> [String] {
    var remedies: [String] = []
    for line in suspects.flatMap({ ReportCase.remedies($0.evidence) })
    where !remedies.contains(line) { remedies.append(line) }
    let findings = suspects.flatMap { suspect in
      suspect.findings.map { finding in
        "\(suspect.name): \(finding.subject) \(finding.kind.words), \(finding.confidence.rawValue) "
          + "(\(ReportCase.numbers(finding)))"
      }
    }
    return [(remedies, TextStyle.faint), (findings, .plain)].map { lines, style in
      lines.flatMap { TextWidth.lines(of: TextWidth.harmless($0), width: width) }
        .map { style.apply(to: $0, colour: colour) + "\n" }.joined()
    }
  }
}
