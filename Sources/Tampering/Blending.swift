import Checkpoints
import Diagnostics
import Documents
import ModelMerging
import RoutedModels
import VisionTransformers

/// Mixes another tower's weights in.
///
/// Equation: W becomes (1 - ratio) * W + ratio * W_other, for every tensor of the tower.
public struct Blending: TowerTampering {
  /// The other tower's share.
  public let ratio: Double
  private let other: CheckpointTensors
  private let otherConfiguration: VisionTowerConfiguration
  private let otherPath: String
  private let otherDigest: Digest

  /// A blend with a plain tower, whose share is from 0 to 1.
  ///
  /// - Throws: ``TamperingError/notATower(path:operation:)``,
  ///   ``TamperingError/valueOutOfRange(name:expected:actual:)``; `FileError`.
  public init(with other: ModelFolder, ratio: Double) throws {
    try OperationRanges.check("ratio", ratio, "0 to 1", ratio >= 0 && ratio <= 1)
    guard case .tower(let tensors) = other.form else {
      throw TamperingError.notATower(path: other.path, operation: "blend")
    }
    self.ratio = ratio
    self.other = tensors
    otherConfiguration = other.configuration
    otherPath = other.path
    otherDigest = try tensors.checkpoint.digest()
  }

  /// `blend`.
  public var name: String { "blend" }
  /// The other folder and its share.
  public var parameters: [String: JSONValue] {
    [
      "ratio": .number(ratio), "with": .string(otherPath),
      "sha256": .string(otherDigest.description),
    ]
  }
  /// The other model's weights.
  public var inputFiles: [String] { other.checkpoint.files }

  /// The blended tower.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    try configuration.check(otherConfiguration, at: otherPath)
    return EditedTensors(source: tower) { [ratio, other] role, shape, values in
      let others = try other.tensor(role, shape: shape)
      let (own, foreign) = (Float(1 - ratio), Float(ratio))
      return zip(values, others).map { own * $0 + foreign * $1 }
    }
  }
}
