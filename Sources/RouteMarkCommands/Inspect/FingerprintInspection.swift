import Attribution
import Diagnostics
import RoutingFingerprints

/// What a fingerprint holds.
struct FingerprintInspection: Encodable {
  let schema = "routemark.fingerprint-inspection/1"
  let path: String
  let counts: [Int]
  let description: TraceDescription
  let options: FingerprintOptions

  init(path: String, _ fingerprint: ModelFingerprint) {
    self.path = path
    counts = fingerprint.counts
    description = fingerprint.description
    options = fingerprint.options
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("fingerprint  \(path)")
    let counts = zip(description.tasks, counts).map { "\($0) \($1)" }.joined(separator: ", ")
    console.line("samples      \(counts)")
    description.print()
    console.line(
      "options      preference \(self.options.rpfMode.rawValue), logarithm \(self.options.jsdBase.rawValue)"
    )
  }
}

/// What a case says.
struct CaseInspection: Encodable {
  let schema = "routemark.case-inspection/1"
  let path: String
  let statement: String
  let summary: AttributionSummary
  let thresholds: AttributionThresholds
  let provenance: CaseProvenance

  init(path: String, _ attributionCase: AttributionCase) {
    self.path = path
    statement = attributionCase.summary.statement
    summary = attributionCase.summary
    thresholds = attributionCase.thresholds
    provenance = attributionCase.provenance
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("case         \(path)")
    console.line("victim       \(provenance.victim.label)")
    console.line("suspect      \(provenance.suspect.label)")
    console.line("finding      \(statement)")
    console.line("written by   \(provenance.toolVersion)")
    console.line("command      \(provenance.commandLine)")
    console.line("check it     routemark verify \(path)")
  }
}
