import Checkpoints
import Documents
import RoutedModels
import VisionTransformers

/// Sets the smallest weights of every matrix to zero.
///
/// Equation: with t = sorted |W| at index int(n * sparsity), W becomes 0 where |W| <= t. One
/// threshold a matrix, over the weight matrices of the encoder layers' linear maps: attention's
/// four, the MLP's two. Weights equal to the threshold all go; a sparsity of 0 changes nothing.
///
/// On a mixture the full weights of every expert are pruned and its task vector is taken again as
/// pruned minus base.
public struct MagnitudePruning: TowerTampering {
  /// The share of weights to remove.
  public let sparsity: Double

  /// Pruning of a share of the weights, at least 0 and below 1.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)``.
  public init(sparsity: Double) throws(TamperingError) {
    try OperationRanges.checkSparsity(sparsity)
    self.sparsity = sparsity
  }

  /// `prune`.
  public var name: String { "prune" }
  /// Method and sparsity.
  public var parameters: [String: JSONValue] {
    ["method": .string("magnitude"), "sparsity": .number(sparsity)]
  }

  /// The pruned tower.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    EditedTensors(source: tower) { [sparsity] role, _, values in
      role.isLinearMap ? Self.pruned(values, sparsity: sparsity) : values
    }
  }

  package static func pruned(_ weights: [Float], sparsity: Double) -> [Float] {
    guard sparsity > 0, !weights.isEmpty else { return weights }
    let magnitudes = weights.map(\.magnitude).sorted()
    let threshold = magnitudes[Int(Double(weights.count) * sparsity)]
    return weights.map { $0.magnitude <= threshold ? 0 : $0 }
  }
}
