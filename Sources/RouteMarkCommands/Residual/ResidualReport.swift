import Calibration
import Reports
import Statistics

/// What `routemark residual` finds about every suspect.
struct ResidualReport: Encodable {
  /// One model under examination.
  struct Suspect: Encodable {
    let name: String
    let evidence: CalibratedEvidence
    /// How much each expert's residual depends on which probe images were drawn; `nil` without blocks.
    let intervals: [BootstrapInterval?]
    /// What was probably done to experts that are consistent with reuse.
    let findings: [TamperFinding]
  }

  let schema = "routemark.residuals/1"
  let toolVersion = Program.tool
  let commandLine = Program.commandLine
  let pool: NullPoolReference
  /// The rule that verdicts follow.
  let options: CalibrationOptions
  let suspects: [Suspect]
  /// All experts of all suspects, adjusted together.
  let screening: CollectionScreening

  init(pool: NullPoolReference, options: CalibrationOptions, suspects: [Suspect]) {
    self.pool = pool
    self.options = options
    self.suspects = suspects
    screening = CollectionScreening(
      suspects.map { (label: $0.name, decisions: $0.evidence.decisions) })
  }

  /// Writes JSON, or a row an expert and what the p-values rest on.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    var table = ScreeningTable(self.options)
    for suspect in suspects {
      table.append(
        suspect.evidence, of: suspect.name, intervals: suspect.intervals,
        findings: suspect.findings)
    }
    console.out(table.render(screening, width: 100, colour: console.coloursOut))
    console.line()
    console.line("nulls    \(pool.nullCount) a task, pool \(pool.manifestDigest)")
    console.line("recipes  \(pool.recipes)")
    console.line("p        how rarely independent work of such recipes comes as close")
  }
}
