import Checkpoints
import Documents
import Foundation
import RoutedModels
import VisionTransformers

/// Trained gates in a file of their own, with what they were trained for.
public struct GateFile: Sendable {
  /// The gates' tensors.
  public let tensors: CheckpointTensors
  /// Names of the experts the gates score, in order, when the file says them.
  public let experts: [String]?
  /// What happens to the gates' output, when the file says it.
  public let routing: RoutingMode?
  /// lambda of the merge they were trained in, when the file says it.
  public let scalingCoefficient: Float?

  /// Opens a gates file.
  ///
  /// - Throws: `CheckpointError`, ``MergeError/missingGate(file:layer:)``.
  public init(path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    tensors = try CheckpointTensors(gates: checkpoint)
    let metadata = checkpoint.metadata
    experts = try metadata["experts"].map {
      try StrictJSON.decode([String].self, from: Array($0.utf8), file: path)
    }
    routing = metadata["softmax"].flatMap { Bool($0) }.map { $0 ? .softmax : .raw }
    scalingCoefficient = metadata["scaling"].flatMap { Float($0) }
  }
}

extension CheckpointTensors {
  /// The gates in a checkpoint that has no tower, under whatever prefix they were saved.
  ///
  /// - Throws: ``MergeError/missingGate(file:layer:)``.
  init(gates checkpoint: Checkpoint) throws(MergeError) {
    let landmark = "vision_model.encoder.layers.0.mlp.gate."
    for name in checkpoint.tensorNames {
      guard let range = name.range(of: landmark) else { continue }
      self.init(checkpoint, prefix: String(name[..<range.lowerBound]))
      return
    }
    throw .missingGate(file: checkpoint.path, layer: 0)
  }
}
