import Calibration
import Statistics

/// What null experts say about the experts of many suspects, as a table for a terminal.
///
///     var table = ScreeningTable()
///     for (name, evidence) in suspects {
///       table.append(evidence, of: name, intervals: [], findings: [])
///     }
///     print(table.render(CollectionScreening(...)))
public struct ScreeningTable: Sendable {
  private struct Suspect {
    let name: String
    let evidence: CalibratedEvidence
    let intervals: [BootstrapInterval?]
    let findings: [TamperFinding]
  }

  private var suspects: [Suspect] = []

  private let options: CalibrationOptions

  /// A table without suspects.
  ///
  /// - Parameter options: The rule that verdicts follow.
  public init(_ options: CalibrationOptions = .standard) { self.options = options }

  /// Adds a row for each expert of a suspect.
  ///
  /// - Parameter intervals: Of each expert's residual over probe images; none if there are no blocks.
  public mutating func append(
    _ evidence: CalibratedEvidence, of name: String, intervals: [BootstrapInterval?],
    findings: [TamperFinding]
  ) {
    suspects.append(
      Suspect(name: name, evidence: evidence, intervals: intervals, findings: findings))
  }

  /// The table, intervals, what would decide what is open, and what was probably done.
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
            TextTable.Cell(kind.shortWords, kind.style), TextTable.Cell(decision.victimExpert),
            TextTable.Cell(decision.test.map { FixedDigits.text($0.scores.score) } ?? "-"),
          ]
            + [decision.pValue, decision.adjustedP, overall].map {
              TextTable.Cell($0.map(PValueText.of) ?? "-")
            })
      }
    }
    return
      ([table.render(width: width, colour: colour), intervals(width, colour)]
      + notes(width, colour))
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// How much residuals depend on the choice of probe images; empty without intervals.
  private func intervals(_ width: Int, _ colour: Bool) -> String {
    var table = TextTable([
      .leading("suspect", canShrink: false), .leading("expert"),
      .trailing(
        "residual, \(ReportCase.percent(BootstrapOptions.standard.level)) over probe images"),
    ])
    let rows = suspects.flatMap { suspect in
      zip(suspect.evidence.decisions, suspect.intervals).compactMap { decision, interval in
        interval.map { (suspect.name, decision.suspectExpert, $0.text) }
      }
    }
    guard !rows.isEmpty else { return "" }
    for (name, expert, interval) in rows {
      table.append([TextTable.Cell(name), TextTable.Cell(expert), TextTable.Cell(interval)])
    }
    return table.render(width: width, colour: colour)
  }

  private func notes(_ width: Int, _ colour: Bool) -> [String] {
    var remedies: [String] = []
    let lines =
      suspects.flatMap { ReportCase.remedies($0.evidence, of: $0.name) }
      + [ReportCase.uncovered(suspects.map(\.evidence), options)].compactMap { $0 }
    for line in lines where !remedies.contains(line) { remedies.append(line) }
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
