import Checkpoints
import Documents
import Foundation
import ModelFamilies
import RoutedModels

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
    guard let tensors = ModelFamilies.gates(in: checkpoint) else {
      throw MergeError.missingGate(file: path, layer: 0)
    }
    self.tensors = tensors
    let metadata = checkpoint.metadata
    experts = try metadata["experts"].map {
      try StrictJSON.decode([String].self, from: Array($0.utf8), file: path)
    }
    routing = metadata["softmax"].flatMap { Bool($0) }.map { $0 ? .softmax : .raw }
    scalingCoefficient = metadata["scaling"].flatMap { Float($0) }
  }
}
