import Checkpoints
import Diagnostics

/// The table of tensors of a checkpoint whose architecture is not known.
public struct CheckpointInspection: Encodable, Sendable {
  /// One tensor.
  public struct Tensor: Encodable, Sendable {
    /// The name.
    public let name: String
    /// Its element type.
    public let type: String
    /// Its shape, outermost first.
    public let shape: [Int]
  }

  /// The schema of the JSON.
  public let schema = "routemark.checkpoint-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// The tensors in the order of their names.
  public let tensors: [Tensor]
  /// Numbers in all tensors.
  public let parameterCount: Int
  /// The file's own metadata.
  public let metadata: [String: String]
  /// SHA-256 by which others know it.
  public let digest: Digest
  /// Stored tensors that no index lists; they are no part of the model.
  public let unlistedTensors: [String]

  init(_ checkpoint: Checkpoint) throws {
    path = checkpoint.path
    let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    tensors = descriptors.map {
      Tensor(name: $0.name, type: $0.elementType.rawValue, shape: $0.shape)
    }
    parameterCount = descriptors.reduce(0) { $0 + $1.elementCount }
    metadata = checkpoint.metadata
    digest = try checkpoint.digest()
    unlistedTensors = checkpoint.unlistedTensors
  }
}
