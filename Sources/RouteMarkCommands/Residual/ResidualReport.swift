import Calibration
import Reports

/// What `routemark residual` finds about every suspect.
struct ResidualReport: Encodable {
  /// One model under examination.
  struct Suspect: Encodable {
    let name: String
    let evidence: CalibratedEvidence
    /// What was probably done to experts that are consistent with reuse.
    let findings: [TamperFinding]
  }

  let schema = "routemark.residuals/1"
  let toolVersion = Program.tool
  let commandLine = Program.commandLine
  let pool: NullPoolReference
  let suspects: [Suspect]
  /// All experts of all suspects, adjusted together.
  let screening: CollectionScreening

  init(pool: NullPoolReference, suspects: [Suspect]) {
    self.pool = pool
    self.suspects = suspects
    screening = CollectionScreening(
      suspects.map { (label: $0.name, decisions: $0.evidence.decisions) })
  }

  /// Writes JSON, or a row an expert and what the p-values rest on.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    var table = TextTable([
      .leading("suspect", canShrink: false), .leading("expert"),
      .leading("verdict", canShrink: false),
      .leading("victim's"), .trailing("residual"), .trailing("p"), .trailing("Holm"),
      .trailing("all"),
    ])
    var adjusted = screening.entries.map(\.adjustedP)[...]
    for suspect in suspects {
      for decision in suspect.evidence.decisions {
        let overall = decision.pValue.flatMap { _ in adjusted.popFirst() }
        table.append([
          TextTable.Cell(suspect.name), TextTable.Cell(decision.suspectExpert),
          TextTable.Cell(decision.verdict.words, decision.verdict.style),
          TextTable.Cell(decision.victimExpert),
          TextTable.Cell(decision.test.map { FixedDigits.text($0.scores.score) } ?? "-"),
          TextTable.Cell(SmallNumber.text(decision.pValue)),
          TextTable.Cell(SmallNumber.text(decision.adjustedP)),
          TextTable.Cell(SmallNumber.text(overall)),
        ])
      }
    }
    console.out(table.render(width: 100, colour: console.coloursOut))
    for line in explanations { console.line(line) }
    for suspect in suspects {
      for finding in suspect.findings { console.line(finding.line(in: suspect.name)) }
    }
    console.line()
    console.line("nulls    \(pool.nullCount) a task, pool \(pool.manifestDigest)")
    console.line("recipes  \(pool.recipes)")
    console.line("p        how rarely independent work of such recipes comes as close")
  }

  /// Why verdicts are inconclusive, and what would decide them; every reason once.
  private var explanations: [String] {
    var lines: [String] = []
    for verdict in suspects.flatMap(\.evidence.decisions).map(\.verdict) {
      guard let reason = verdict.explanation else { continue }
      let remedies = verdict.remedies(.functional).joined(separator: ", or ")
      let line = "\(verdict.words): \(reason)" + (remedies.isEmpty ? "" : "; try \(remedies)")
      if !lines.contains(line) { lines.append(line) }
    }
    return lines
  }
}

extension CalibratedVerdict {
  /// How the verdict stands out on a terminal.
  var style: TextStyle {
    switch self {
    case .consistentWithReuse: .finding
    case .noEvidenceOfReuse: .plain
    case .inconclusive, .notApplicable: .caution
    }
  }
}

extension TamperFinding {
  /// The finding in one line.
  func line(in model: String) -> String {
    let numbers = quantities.map { "\($0.name) \(FixedDigits.text($0.value))" }
    return "\(model): \(subject) \(kind.words) (\(confidence.rawValue); "
      + "\(numbers.joined(separator: ", ")))"
  }
}

/// p-values as text: three digits, or a power of ten.
enum SmallNumber {
  static func text(_ value: Double?) -> String {
    guard let value else { return "-" }
    guard value < 0.001, value > 0 else { return FixedDigits.text(value) }
    var (mantissa, exponent) = (value, 0)
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    return "\(FixedDigits.text(mantissa, digits: 1))e\(exponent)"
  }
}
