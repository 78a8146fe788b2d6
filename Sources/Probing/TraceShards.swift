import Diagnostics
import RoutingFingerprints
import Tensors

/// Traces that together are one model's answers to a suite.
public struct TraceShards: Sendable {
  /// The traces in the order given.
  public let readers: [TraceReader]

  /// Opens traces and refuses rows of the suite that come twice, and shards of different precision.
  ///
  /// - Precondition: there is at least one path.
  /// - Throws: ``ProbingError/overlappingShards(file:other:rows:)``,
  ///   ``ProbingError/malformedTraceMetadata(file:key:expected:actual:)``; what ``TraceReader/init(path:)``
  ///   throws.
  public init(paths: [String]) throws {
    precondition(!paths.isEmpty, "a fingerprint needs a trace")
    readers = try paths.map { try TraceReader(path: $0) }
    for (index, reader) in readers.enumerated() {
      guard reader.precision == readers[0].precision else {
        throw ProbingError.malformedTraceMetadata(
          file: reader.path, key: TraceFile.Key.precision.rawValue,
          expected: "`\(readers[0].precision.rawValue)` as in `\(readers[0].path)`",
          actual: "`\(reader.precision.rawValue)`")
      }
      for other in readers[..<index] where reader.rows.overlaps(other.rows) {
        throw ProbingError.overlappingShards(
          file: reader.path, other: other.path, rows: reader.rows.clamped(to: other.rows))
      }
    }
  }

  /// The sums of all traces, which are the sums of the unsharded trace.
  ///
  /// - Parameter blockCount: How many blocks to keep of each task, for intervals over probe images;
  ///   0 for none.
  /// - Throws: `FingerprintError` when the traces are not of one model and suite, or hold numbers that
  ///   are not finite.
  public func sums(
    blockCount: Int = 0, progress: ProgressHandler? = nil
  ) throws -> FingerprintAccumulator {
    var total = try FingerprintAccumulator(readers[0].description, blockCount: blockCount)
    for reader in readers {
      var sums = try FingerprintAccumulator(reader.description, blockCount: blockCount)
      try reader.add(to: &sums, progress: progress)
      try total.merge(sums)
    }
    return total
  }
}
