import Calibration

/// What null experts say about suspect experts, as a table for a terminal.
///
///     var table = CalibratedTable()
///     table.append(evidence)
///     print(table.render(width: 100))
public struct CalibratedTable: Sendable {
  private var rows: [(suspect: String?, decision: ExpertDecision, screenedP: Double?)] = []

  /// A table without rows.
  public init() {}

  /// Adds a row an expert.
  ///
  /// - Parameters:
  ///   - suspect: The suspect's name, when there are several.
  ///   - screened: p-values adjusted over a whole collection, one for each decision that has a p-value.
  public mutating func append(
    _ evidence: CalibratedEvidence, suspect: String? = nil, screened: [Double] = []
  ) {
    var adjusted = screened[...]
    for decision in evidence.decisions {
      let screenedP = decision.pValue.flatMap { _ in adjusted.popFirst() }
      rows.append((suspect, decision, screenedP))
    }
  }

  /// The table, then why verdicts are inconclusive, every reason once.
  public func render(
    level: EvidenceLevel, width: Int = 100, colour: Bool = false
  ) -> String {
    let hasSuspects = rows.contains { $0.suspect != nil }
    let hasScreening = rows.contains { $0.screenedP != nil }
    var columns: [TextTable.Column] =
      hasSuspects ? [.leading("suspect", canShrink: false)] : []
    columns += [
      .leading("expert"), .leading("verdict", canShrink: false), .leading("victim's"),
      .trailing("residual"), .trailing("p"), .trailing("Holm"),
    ]
    if hasScreening { columns.append(.trailing("all")) }
    var table = TextTable(columns)
    for row in rows {
      let (decision, verdict) = (row.decision, row.decision.verdict)
      var cells: [TextTable.Cell] = row.suspect.map { [TextTable.Cell($0)] } ?? []
      cells += [
        TextTable.Cell(decision.suspectExpert),
        TextTable.Cell(verdict.words, VerdictKind(verdict).style),
        TextTable.Cell(decision.victimExpert),
        TextTable.Cell(decision.test.map { FixedDigits.text($0.scores.score) } ?? "-"),
        TextTable.Cell(FixedDigits.probability(decision.pValue)),
        TextTable.Cell(FixedDigits.probability(decision.adjustedP)),
      ]
      if hasScreening { cells.append(TextTable.Cell(FixedDigits.probability(row.screenedP))) }
      table.append(cells)
    }
    let notes = reasons(level).flatMap { TextWidth.lines(of: $0, width: width) }
    return table.render(width: width, colour: colour)
      + notes.map { TextStyle.faint.apply(to: $0, colour: colour) + "\n" }.joined()
  }

  /// Why verdicts are inconclusive, and what would decide them.
  private func reasons(_ level: EvidenceLevel) -> [String] {
    var lines: [String] = []
    for verdict in rows.map(\.decision.verdict) {
      guard let reason = verdict.explanation else { continue }
      let remedies = verdict.remedies(level).joined(separator: ", or ")
      let line = "\(verdict.words): \(reason)" + (remedies.isEmpty ? "" : "; try \(remedies)")
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }
}

extension TamperFinding {
  /// The finding in one line.
  public var line: String {
    let numbers = quantities.map { "\($0.name) \(FixedDigits.text($0.value))" }
    return "\(subject): \(kind.words) (\(confidence.rawValue); "
      + "\(numbers.joined(separator: ", ")))"
  }
}

extension FixedDigits {
  /// The smallest p-value that is written out.
  private static let leastProbability = 1e-6

  /// A p-value: three digits, or a power of ten below 0.001; a dash when there is none.
  ///
  /// A tail that was fitted to some tens of nulls says nothing about powers of ten beyond 1e-6.
  public static func probability(_ value: Double?) -> String {
    guard let value else { return "-" }
    guard value >= leastProbability else { return "<1e-6" }
    guard value < 0.001 else { return text(value) }
    var (mantissa, exponent) = (value, 0)
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    // 9.96 would be written as 10.0.
    if mantissa >= 9.95 { (mantissa, exponent) = (1, exponent + 1) }
    return "\(text(mantissa, digits: 1))e\(exponent)"
  }
}
