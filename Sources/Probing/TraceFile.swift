import Checkpoints
import Diagnostics
import Documents
import Foundation
import RoutingFingerprints
import Tensors

/// The interchange file of router logits, a safetensors file that any framework can write.
///
/// Tensors: `router_logits` floats `[S, E, L]`, `task` integers `[S]`. Metadata, all strings:
///
/// | key | value |
/// | --- | --- |
/// | `schema` | `routemark.trace/1` |
/// | `tasks`, `experts` | JSON arrays of names |
/// | `suite_sha256` | digest of the probe suite |
/// | `model_sha256` | digest of the model, if known |
/// | `signal` | `logits` (default), `weights` or `probabilities` |
/// | `tool` | who wrote it |
/// | `first_sample` | the suite's row of the first sample, 0 unless the trace is a shard |
/// | `preprocessing_sha256` | digest of the preprocessing, if known |
/// | `instructions` | the instruction set of the kernels, on which the last bits of the logits depend, if known |
/// | `router_state` | `untrained` or `trained`, if known |
/// | `precision` | `bf16` when the model's weights were rounded to it, `f32` otherwise |
public enum TraceFile {
  /// The schema this version writes and reads.
  public static let schema = "routemark.trace/1"

  enum Key: String {
    case schema, tasks, experts, signal, tool, precision
    case suite = "suite_sha256"
    case model = "model_sha256"
    case preprocessing = "preprocessing_sha256"
    case firstSample = "first_sample"
    case instructionSet = "instructions"
    case router = "router_state"
  }

  /// Whether a checkpoint is a trace.
  public static func recognizes(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.contains("router_logits")
  }
}

/// A trace that is read in constant memory, however long it is.
public struct TraceReader: Sendable {
  /// The file.
  public let path: String
  /// What the numbers refer to.
  public let description: TraceDescription
  /// Rows of the suite that the trace holds.
  public let rows: Range<Int>
  /// Digest of the preprocessing, if the file says it.
  public let preprocessingDigest: Digest?
  /// What the model's weights were rounded to.
  public let precision: Precision
  private let logits: TensorStream
  private let tasks: TensorStream

  /// Rows read at a time are chosen so that they take about this many bytes.
  private static let blockBytes = 4 << 20

  /// Opens a trace and checks its tensors and metadata.
  ///
  /// - Throws: ``ProbingError/malformedTrace(file:tensor:expected:actual:)``,
  ///   ``ProbingError/malformedTraceMetadata(file:key:expected:actual:)``; `CheckpointError`.
  public init(path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    self.path = path
    logits = try checkpoint.stream("router_logits")
    tasks = try checkpoint.stream("task")
    let shape = logits.descriptor.shape
    guard shape.count == 3, shape.allSatisfy({ $0 > 0 }) else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "router_logits", expected: "of shape [S, E, L], none of them 0",
        actual: "of shape \(shape)")
    }
    guard tasks.descriptor.shape == [shape[0]] else {
      throw ProbingError.malformedTrace(
        file: path, tensor: "task", expected: "of shape [\(shape[0])]",
        actual: "of shape \(tasks.descriptor.shape)")
    }
    let metadata = TraceMetadata(file: path, values: checkpoint.metadata)
    description = try metadata.description(expertCount: shape[1], layerCount: shape[2])
    let first = try metadata.integer(.firstSample) ?? 0
    guard first >= 0, !first.addingReportingOverflow(shape[0]).overflow else {
      throw ProbingError.malformedTraceMetadata(
        file: path, key: TraceFile.Key.firstSample.rawValue, expected: "a row of the suite",
        actual: "\(first)")
    }
    rows = first..<first + shape[0]
    preprocessingDigest = try metadata.digest(.preprocessing)
    precision = try metadata.precision()
  }

  /// S, the number of samples.
  public var sampleCount: Int { rows.count }

  /// Adds every sample to a fingerprint's sums.
  ///
  /// - Throws: ``ProbingError/nonFiniteLogit(file:task:sample:layer:expert:)``; `FingerprintError`,
  ///   located in the file, for samples of no task and numbers that are no probabilities;
  ///   `CheckpointError`.
  public func add(to sums: inout FingerprintAccumulator, progress: ProgressHandler? = nil) throws {
    let block = max(1, Self.blockBytes / 4 / max(1, logits.rowLength))
    var start = 0
    while start < sampleCount {
      let range = start..<min(start + block, sampleCount)
      let tasks = try tasks.integers(rows: range)
      let values = try finiteLogits(range, tasks)
      do {
        try values.withUnsafeBufferPointer {
          try sums.add(
            logits: $0, tasks: tasks, firstSample: start, firstRow: rows.lowerBound + start)
        }
      } catch let error as FingerprintError {
        throw LocatedError(error, in: path)
      }
      start = range.upperBound
      progress?(start, sampleCount)
    }
  }
}

extension TraceReader {
  /// Rows of logits; a number that is not finite is named by sample, layer and expert.
  private func finiteLogits(_ range: Range<Int>, _ tasks: [Int]) throws -> [Float] {
    do {
      return try logits.floats(rows: range)
    } catch CheckpointError.nonFinite(_, _, let index, _) {
      let (E, L) = (description.experts.count, description.layerCount)
      let sample = index / (E * L)
      let task = tasks[sample - range.lowerBound]
      throw ProbingError.nonFiniteLogit(
        file: path,
        task: description.tasks.indices.contains(task) ? description.tasks[task] : "\(task)",
        sample: sample, layer: index % L, expert: description.experts[index / L % E])
    }
  }
}

/// A trace's metadata, with errors that name the file and the key.
struct TraceMetadata {
  let file: String
  let values: [String: String]

  func description(expertCount: Int, layerCount: Int) throws -> TraceDescription {
    let schema = values[TraceFile.Key.schema.rawValue]
    guard schema == TraceFile.schema else {
      throw malformed(.schema, expected: "`\(TraceFile.schema)`", actual: schema)
    }
    guard let suite = try digest(.suite) else {
      throw malformed(.suite, expected: "a SHA-256 digest", actual: nil)
    }
    let experts = try names(.experts) ?? (0..<expertCount).map { "expert-\($0)" }
    guard experts.count == expertCount else {
      if experts.count == layerCount {
        throw ProbingError.malformedTrace(
          file: file, tensor: "router_logits",
          expected: "of shape [S, E, L] with E = \(experts.count), as many as `experts` names",
          actual: "of shape [S, \(expertCount), \(layerCount)], which looks like [S, L, E]")
      }
      throw malformed(.experts, expected: "\(expertCount) names", actual: "\(experts.count) names")
    }
    guard let tasks = try names(.tasks) else {
      throw malformed(.tasks, expected: "a JSON array of names", actual: nil)
    }
    let signal = values[TraceFile.Key.signal.rawValue] ?? RouterSignal.logits.rawValue
    guard let signal = RouterSignal(rawValue: signal) else {
      throw malformed(
        .signal, expected: "`logits`, `weights` or `probabilities`", actual: signal)
    }
    let description = TraceDescription(
      tasks: tasks, experts: experts, layerCount: layerCount, signal: signal,
      modelDigest: try digest(.model), suiteDigest: suite,
      toolVersion: values[TraceFile.Key.tool.rawValue] ?? "unknown",
      preprocessingDigest: try digest(.preprocessing), routerState: try routerState())
    do {
      try description.validate()
    } catch {
      throw LocatedError(error, in: file)
    }
    return description
  }

  func digest(_ key: TraceFile.Key) throws -> Digest? {
    guard let text = values[key.rawValue] else { return nil }
    guard let digest = Digest(text) else {
      throw malformed(key, expected: "a SHA-256 digest", actual: text)
    }
    return digest
  }

  func integer(_ key: TraceFile.Key) throws -> Int? {
    guard let text = values[key.rawValue] else { return nil }
    guard let number = Int(text) else { throw malformed(key, expected: "a number", actual: text) }
    return number
  }

  func routerState() throws -> RouterState? {
    guard let text = values[TraceFile.Key.router.rawValue] else { return nil }
    guard let state = RouterState(rawValue: text) else {
      throw malformed(.router, expected: "`untrained` or `trained`", actual: text)
    }
    return state
  }

  func precision() throws -> Precision {
    guard let text = values[TraceFile.Key.precision.rawValue] else { return .f32 }
    guard let precision = Precision(rawValue: text) else {
      throw malformed(.precision, expected: "`f32` or `bf16`", actual: text)
    }
    return precision
  }

  private func names(_ key: TraceFile.Key) throws -> [String]? {
    try values[key.rawValue].map {
      try StrictJSON.decode([String].self, from: Array($0.utf8), file: "\(file), \(key.rawValue)")
    }
  }

  private func malformed(
    _ key: TraceFile.Key, expected: String, actual: String?
  ) -> ProbingError {
    .malformedTraceMetadata(
      file: file, key: key.rawValue, expected: expected,
      actual: actual.map { "`\($0.prefix(80))`" } ?? "not there")
  }
}
