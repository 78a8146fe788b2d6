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
    var table = CalibratedTable()
    var adjusted = screening.entries.map(\.adjustedP)[...]
    for suspect in suspects {
      let tested = suspect.evidence.decisions.count { $0.pValue != nil }
      table.append(
        suspect.evidence, suspect: suspect.name, screened: Array(adjusted.prefix(tested)))
      adjusted = adjusted.dropFirst(tested)
    }
    console.out(table.render(level: .functional, width: 100, colour: console.coloursOut))
    for suspect in suspects {
      for finding in suspect.findings { console.line("\(suspect.name): \(finding.line)") }
    }
    console.line()
    console.line("nulls    \(pool.nullCount) a task, pool \(pool.manifestDigest)")
    console.line("recipes  \(pool.recipes)")
    console.line("p        how rarely independent work of such recipes comes as close")
  }
}
