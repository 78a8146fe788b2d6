import Diagnostics
import Probing
import RoutingFingerprints
import Tensors

/// What a trace holds.
public struct TraceInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.trace-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// S, the number of samples.
  public let sampleCount: Int
  /// The row of the suite that the first sample is.
  public let firstSample: Int
  /// Tasks, experts, layers and digests.
  public let description: TraceDescription
  /// Digest of the preprocessing; `nil` when it is not recorded.
  public let preprocessingDigest: Digest?
  /// What the weights were rounded to.
  public let precision: Precision

  init(path: String) throws {
    let reader = try TraceReader(path: path)
    self.path = path
    sampleCount = reader.sampleCount
    firstSample = reader.rows.lowerBound
    description = reader.description
    preprocessingDigest = reader.preprocessingDigest
    precision = reader.precision
  }
}
