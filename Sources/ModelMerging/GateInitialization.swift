import RoutedModels
import Tensors

/// Fresh gates, before any training, as WEMoE initialises them.
///
/// Weights from N(0, 0.01^2), hidden bias 0, output bias 0.3 whatever the scaling coefficient of the
/// merge is; gates of depth 0 are 0.3 throughout.
public struct GateInitialization: Sendable, Hashable {
  /// Standard deviation of the weights.
  public static let weightDeviation = 0.01
  /// Every expert's router logit before training.
  public static let outputBias: Float = 0.3

  /// Number of linear maps: 0, 1 or 2.
  public let depth: Int
  /// Seed of the weights.
  public let seed: UInt64

  /// Gates of a depth from a seed.
  ///
  /// - Throws: ``MergeError/unsupportedGateDepth(depth:)``.
  public init(depth: Int = 2, seed: UInt64 = 0) throws(MergeError) {
    guard (0...2).contains(depth) else { throw .unsupportedGateDepth(depth: depth) }
    self.depth = depth
    self.seed = seed
  }

  /// The tensors of all layers, in layer order, for tokens of width D and E experts.
  public func tensors(
    layerCount: Int, width D: Int, expertCount E: Int
  ) -> [(tensor: RoleShape, values: [Float])] {
    var generator = SeededGenerator(seed: seed)
    let depth = GateDepth(rawValue: depth) ?? .hidden
    return (0..<layerCount).flatMap { layer in
      depth.tensors(layer: layer, width: D, expertCount: E).map { tensor in
        let count = tensor.shape.reduce(1, *)
        let isOutput = tensor.role.component == depth.output
        let constant = isOutput ? Self.outputBias : 0
        let values =
          tensor.role.kind == .weight && depth != .constant
          ? (0..<count).map { _ in Float(generator.normal() * Self.weightDeviation) }
          : [Float](repeating: constant, count: count)
        return (tensor, values)
      }
    }
  }
}
