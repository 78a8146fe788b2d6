import Checkpoints
import Diagnostics
import Foundation
import RoutingFingerprints
import Tensors

/// Writes a trace batch by batch; it appears under its name when it is whole.
public final class TraceWriter {
  private let writer: SafetensorsWriter

  /// Opens a trace of `tasks.count` samples.
  ///
  /// - Parameters:
  ///   - tasks: the task of every sample, in order.
  ///   - firstSample: the suite's row of the first sample.
  ///   - precision: that of the model's weights, recorded unless it is f32.
  ///   - instructionSet: that of the kernels, on which the last bits depend.
  /// - Throws: `FileError`, `CheckpointError`.
  public init(
    path: String, description: TraceDescription, tasks: [Int], firstSample: Int,
    preprocessingDigest: Digest?, precision: Precision = .f32,
    instructionSet: InstructionSet? = nil, replacing: Bool
  ) throws {
    func names(_ names: [String]) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(names), as: UTF8.self)
    }
    var metadata: [TraceFile.Key: String] = [
      .schema: TraceFile.schema,
      .tasks: try names(description.tasks),
      .experts: try names(description.experts),
      .signal: description.signal.rawValue,
      .tool: description.toolVersion,
      .suite: "\(description.suiteDigest)",
      .firstSample: "\(firstSample)",
    ]
    metadata[.model] = description.modelDigest.map { "\($0)" }
    metadata[.instructionSet] = instructionSet?.rawValue
    if precision != .f32 { metadata[.precision] = precision.rawValue }
    metadata[.router] = description.routerState?.rawValue
    metadata[.preprocessing] = preprocessingDigest.map { "\($0)" }
    let shape = [tasks.count, description.experts.count, description.layerCount]
    writer = try SafetensorsWriter(
      path: path,
      tensors: [
        TensorSpecification(name: "router_logits", elementType: .f32, shape: shape),
        TensorSpecification(name: "task", elementType: .i64, shape: [tasks.count]),
      ],
      metadata: Dictionary(
        uniqueKeysWithValues: metadata.map { ($0.key.rawValue, $0.value) }),
      replacing: replacing)
    // The format's canonical order puts the wider type first.
    try writer.write("task", integers: tasks)
  }

  /// Appends samples, `[n, E, L]`.
  ///
  /// - Throws: `FileError`, `CheckpointError`.
  public func write(_ logits: [Float]) throws { try writer.write("router_logits", floats: logits) }

  /// Gives the trace its name.
  ///
  /// - Throws: `FileError`.
  public func commit() throws { try writer.commit() }
}
