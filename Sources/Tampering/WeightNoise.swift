import Checkpoints
import Documents
import RoutedModels
import Tensors
import VisionTransformers

/// Adds Gaussian noise to every tensor of a tower, in proportion to the tensor's own size.
///
/// Equation: W becomes W + N(0, (sigma * rms(W))^2), rms being the root of the mean square. Every
/// tensor of every expert has random numbers of its own, from the seed and its name.
public struct WeightNoise: TowerTampering {
  /// Noise over signal: 0.01 adds one percent.
  public let sigma: Double
  private let noiseSeed: UInt64

  /// Noise of a relative size.
  ///
  /// - Throws: ``TamperingError/valueOutOfRange(name:expected:actual:)`` for a negative sigma.
  public init(sigma: Double, seed: UInt64) throws(TamperingError) {
    try OperationRanges.check("sigma", sigma, "at least 0", sigma >= 0)
    self.sigma = sigma
    noiseSeed = seed
  }

  /// `noise`.
  public var name: String { "noise" }
  /// Sigma.
  public var parameters: [String: JSONValue] { ["sigma": .number(sigma)] }
  /// The seed.
  public var seed: UInt64? { noiseSeed }

  /// The noisy tower.
  public func tampered(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration, label: String
  ) throws -> any TensorSource {
    EditedTensors(source: tower) { [sigma, noiseSeed] role, _, values in
      var generator = SeededGenerator(seed: noiseSeed, for: "\(label)/\(tower.name(of: role))")
      return SeededNoise.add(sigma, to: values, &generator)
    }
  }
}
