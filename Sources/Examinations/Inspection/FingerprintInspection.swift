import Attribution
import CaseFiles
import Diagnostics
import Reports
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
  /// The SHA-256 of the file.
  public let digest: Digest
  /// The verdict in words; calibrated where there are null experts.
  public let verdict: String
  /// The finding in one sentence.
  public let statement: String
  /// Whether every number follows from what the case holds.
  public let follows: Bool
  /// What a reader should know before the verdict.
  public let notes: [String]
  /// Counts of matching routing; `nil` beside calibrated verdicts, which decide.
  public let summary: AttributionSummary?
  /// The rule of verdicts.
  public let thresholds: AttributionThresholds
  /// Where the case comes from.
  public let provenance: CaseProvenance

  init(path: String, _ contents: EvidenceDocument.Contents<AttributionCase>) throws {
    let attributionCase = contents.value
    let words = try CaseWords(attributionCase)
    self.path = path
    digest = contents.digest
    verdict = words.verdict
    statement = words.finding
    notes = words.notes
    follows = (try? attributionCase.discrepancies().isEmpty) ?? false
    summary = attributionCase.calibration == nil ? attributionCase.summary : nil
    thresholds = attributionCase.thresholds
    provenance = attributionCase.provenance
  }
}
