import Calibration
import ExactTests
import Statistics

/// What a comparison of weights finds about every suspect.
public struct ResidualReport: Encodable, Sendable {
  /// One model under examination.
  public struct Suspect: Encodable, Sendable {
    /// The name.
    public let name: String
    /// What the nulls say about its experts.
    public let evidence: CalibratedEvidence
    /// How much each expert's residual depends on which probe images were drawn; `nil` without blocks.
    public let intervals: [BootstrapInterval?]
    /// What was probably done to experts that are unlike other people's work.
    public let findings: [TamperFinding]
    /// What re-runs say, by exact tests; `nil` without re-runs.
    public let exact: ExactFindings?
  }

  /// The schema of the JSON.
  public let schema = "routemark.residuals/1"
  /// Name and version of the program.
  public let toolVersion: String
  /// How the examination was asked for.
  public let commandLine: String
  /// The pool of nulls; `nil` where re-runs stood in for nulls.
  public let pool: NullPoolReference?
  /// The rule that verdicts follow.
  public let options: CalibrationOptions
  /// The models under examination, in the order asked.
  public let suspects: [Suspect]
  /// All experts of all suspects, adjusted together.
  public let screening: CollectionScreening

  init(
    pool: NullPoolReference?, options: CalibrationOptions, suspects: [Suspect], examiner: Examiner
  ) {
    toolVersion = examiner.tool
    commandLine = examiner.command
    self.pool = pool
    self.options = options
    self.suspects = suspects
    screening = CollectionScreening(
      suspects.map { (label: $0.name, decisions: $0.evidence.decisions) })
  }
}
