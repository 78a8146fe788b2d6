import Checkpoints
import RoutedModels

/// The tensors of a checkpoint under a common prefix.
///
/// Hugging Face saves a tower as `vision_model.…`; fusion_bench and open models wrap it, so that the
/// same names start with `model.` or `clip_model.`.
public struct CheckpointTensors: TensorSource {
  /// The checkpoint.
  public let checkpoint: Checkpoint
  /// What stands before `vision_model.` in every name, often nothing.
  public let prefix: String

  static let landmark = "vision_model.embeddings.class_embedding"

  /// Finds the tower in a checkpoint by the name of its class embedding.
  ///
  /// - Throws: ``VisionModelError/notAVisionTower(file:missingTensor:)``.
  public init(_ checkpoint: Checkpoint) throws(VisionModelError) {
    let names = checkpoint.tensorNames.filter {
      $0 == Self.landmark || $0.hasSuffix("." + Self.landmark)
    }
    guard let name = names.first, names.count == 1 else {
      throw .notAVisionTower(file: checkpoint.path, missingTensor: Self.landmark)
    }
    self.checkpoint = checkpoint
    prefix = String(name.dropLast(Self.landmark.count))
  }

  /// The tensors whose names start with `prefix`.
  public init(_ checkpoint: Checkpoint, prefix: String) {
    self.checkpoint = checkpoint
    self.prefix = prefix
  }

  /// The folder or file, for error messages.
  public var path: String { checkpoint.path }

  /// Whether there is a tensor of that name.
  public func contains(_ name: String) -> Bool { checkpoint.descriptor(of: prefix + name) != nil }

  /// The tensor of that name as f32, row-major.
  public func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    try checkpoint.floats(prefix + name, shape: shape)
  }

  /// Refuses a checkpoint in which one of these tensors is missing or has another shape, before any
  /// weight is read.
  ///
  /// - Throws: `CheckpointError.missingTensor`, `CheckpointError.shapeMismatch`.
  public func require(_ tensors: [NamedShape]) throws(CheckpointError) {
    for tensor in tensors {
      guard let found = checkpoint.descriptor(of: prefix + tensor.name) else {
        throw .missingTensor(tensor: prefix + tensor.name, file: path)
      }
      guard found.shape == tensor.shape else {
        throw .shapeMismatch(
          tensor: found.name, file: found.file, expected: tensor.shape, actual: found.shape)
      }
    }
  }
}
