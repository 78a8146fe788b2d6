import ModelMerging
import RoutedModels
import VisionTransformers

/// How many MLP weights of an expert are another's to the last bit, of those that differ from the base's.
///
/// A share of 1 says that the MLPs are one expert's; no test is needed then, and none makes sense.
public struct EqualWeights: Sendable, Hashable {
  /// Weights of the other expert that differ from the base's.
  public let changedCount: Int
  /// How many of these the expert has, bit by bit.
  public let equalCount: Int

  /// Whether all weights that training changed are the other's.
  public var isIdentical: Bool { changedCount > 0 && equalCount == changedCount }

  /// Compares two experts of one base.
  ///
  /// - Throws: the sources' errors.
  public init(
    of suspect: any TensorSource, with victim: any TensorSource, base: any TensorSource,
    _ configuration: VisionTowerConfiguration
  ) throws {
    var (changed, equal) = (0, 0)
    for tensor in configuration.mlpTensors() {
      let origin = try base.tensor(tensor.role, shape: tensor.shape)
      let own = try suspect.tensor(tensor.role, shape: tensor.shape)
      let other = try victim.tensor(tensor.role, shape: tensor.shape)
      for index in origin.indices where other[index] != origin[index] {
        changed += 1
        if own[index] == other[index] { equal += 1 }
      }
    }
    changedCount = changed
    equalCount = equal
  }
}
