import Checkpoints
import RoutedModels
import Tensors
import VisionTransformers

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

  /// The tensors of all layers, named as in a merged model, in layer order.
  public func tensors(
    _ configuration: VisionTowerConfiguration, expertCount E: Int
  ) -> [(name: String, shape: [Int], values: [Float])] {
    let D = configuration.hiddenSize
    var generator = SeededGenerator(seed: seed)
    func normal(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(generator.normal() * Self.weightDeviation) }
    }
    func constant(_ value: Float, _ count: Int) -> [Float] {
      [Float](repeating: value, count: count)
    }
    return (0..<configuration.hiddenLayerCount).flatMap { layer in
      let name = "vision_model.encoder.layers.\(layer).mlp.gate"
      switch depth {
      case 0:
        return [("\(name).weight", [E], constant(Self.outputBias, E))]
      case 1:
        return [
          ("\(name).fc.weight", [E, D], normal(E * D)),
          ("\(name).fc.bias", [E], constant(Self.outputBias, E)),
        ]
      default:
        return [
          ("\(name).fc1.weight", [D, D], normal(D * D)),
          ("\(name).fc1.bias", [D], constant(0, D)),
          ("\(name).fc2.weight", [E, D], normal(E * D)),
          ("\(name).fc2.bias", [E], constant(Self.outputBias, E)),
        ]
      }
    }
  }
}
