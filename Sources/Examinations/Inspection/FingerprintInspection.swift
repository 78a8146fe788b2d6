import Attribution
import Diagnostics
import RoutingFingerprints

/// What a fingerprint holds.
public struct FingerprintInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.fingerprint-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// Samples of each task.
  public let counts: [Int]
  /// Tasks, experts, layers and digests.
  public let description: TraceDescription
  /// How scores and preferences were formed.
  public let options: FingerprintOptions

  /// A look at a fingerprint that lies at `path`.
  public init(path: String, _ fingerprint: ModelFingerprint) {
    self.path = path
    counts = fingerprint.counts
    description = fingerprint.description
    options = fingerprint.options
  }
}

/// What a case says.
public struct CaseInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.case-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// The finding in one sentence.
  public let statement: String
  /// The finding in numbers.
  public let summary: AttributionSummary
  /// The rule of verdicts.
  public let thresholds: AttributionThresholds
  /// Where the case comes from.
  public let provenance: CaseProvenance

  init(path: String, _ attributionCase: AttributionCase) {
    self.path = path
    statement = attributionCase.summary.statement
    summary = attributionCase.summary
    thresholds = attributionCase.thresholds
    provenance = attributionCase.provenance
  }
}
