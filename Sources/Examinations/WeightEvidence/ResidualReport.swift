import Calibration
import Diagnostics
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
    /// How the model's coordinates differ from the base's, and what was probably done to experts that are
    /// unlike other people's work.
    public let findings: [TamperFinding]
    /// What re-runs say, by exact tests; `nil` without re-runs.
    public let exact: ExactFindings?
    /// What the nulls say about the experts' attention; `nil` where the model, or the victim, is a full
    /// mixture, of which attention is a sum.
    public let attention: CalibratedEvidence?
    /// What re-runs say about attention, by exact tests; `nil` without re-runs or without attention.
    public let exactAttention: ExactFindings?
  }

  /// A model that could not be examined.
  public struct Failure: Encodable, Sendable {
    /// The name.
    public let name: String
    /// The stable identifier of what is wrong.
    public let code: String
    /// What is wrong.
    public let what: String
    /// Where.
    public let location: String?
    /// What to do about it.
    public let hints: [String]

    init(_ name: String, _ error: any DiagnosableError) {
      self.name = name
      code = error.code
      what = error.what
      location = error.location
      hints = error.hints
    }
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
  /// The same for attention.
  public let attentionScreening: CollectionScreening
  /// The models that could not be examined, in the order asked.
  public let failures: [Failure]

  init(
    pool: NullPoolReference?, options: CalibrationOptions, suspects: [Suspect],
    failures: [Failure], examiner: Examiner
  ) {
    toolVersion = examiner.tool
    commandLine = examiner.command
    self.pool = pool
    self.options = options
    self.suspects = suspects
    self.failures = failures
    screening = CollectionScreening(
      suspects.map { (label: $0.name, decisions: $0.evidence.decisions) })
    attentionScreening = CollectionScreening(
      suspects.map { (label: $0.name, decisions: $0.attention?.decisions ?? []) })
  }
}
