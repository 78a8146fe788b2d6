import Checkpoints
import RoutedModels
import Tensors
import VisionTransformers

extension ModelFolder {
  /// Builds the model: reads every weight once and packs it for multiplication.
  ///
  /// Gates stay in f32 whatever `precision` is: their outputs are what is recorded.
  ///
  /// - Throws: `CheckpointError` for missing or malformed tensors and for weights that are not
  ///   finite; ``MergeError``.
  public func tower(precision: Precision = .f32) throws -> VisionTower {
    try tower(precision, nil)
  }

  /// Builds the model; its matrices come from, or go to, `packed`.
  func tower(_ precision: Precision, _ packed: PackedWeights?) throws -> VisionTower {
    @Sendable func part(_ name: String, _ source: any TensorSource) -> any TensorSource {
      packed.map { PackedTensors(source: source, part: name, weights: $0) } ?? source
    }
    switch form {
    case .tower(let tensors):
      return try VisionTower(
        dense: part("tower", tensors), configuration, precision: precision)
    case .mixture(let stored):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      let tensors = part("mixture", stored)
      return try mergedTower(mixture, precision, outside: tensors, gates: tensors) { layer in
        (
          base: try MLPWeights(
            tensors, layer: layer, slot: .base, configuration, precision: precision),
          taskVectors: try mixture.experts.indices.map {
            try MLPWeights(
              tensors, layer: layer, slot: .taskVector($0), configuration, precision: precision)
          }
        )
      }
    case .recipe(let parts):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      let outside = TaskArithmetic(
        base: parts.base, experts: parts.experts, scalingCoefficient: mixture.scalingCoefficient)
      let base = part("base", parts.base)
      let taskVectors = parts.experts.enumerated().map { index, expert in
        part("task vector \(index)", TaskVector(base: parts.base, expert: expert))
      }
      return try mergedTower(
        mixture, precision, outside: part("outside", outside), gates: part("gates", parts.gates)
      ) { layer in
        (
          base: try MLPWeights(base, layer: layer, configuration, precision: precision),
          taskVectors: try taskVectors.map {
            try MLPWeights($0, layer: layer, configuration, precision: precision)
          }
        )
      }
    }
  }

  private func mergedTower(
    _ mixture: MixtureConfiguration, _ precision: Precision, outside: some TensorSource,
    gates: some TensorSource,
    mlp: @Sendable (_ layer: Int) throws -> (base: MLPWeights, taskVectors: [MLPWeights])
  ) throws -> VisionTower {
    let activation = try configuration.activation(file: path)
    return try VisionTower(configuration, outside, precision: precision) { layer in
      let weights = try mlp(layer)
      let gate = try Gate(
        gates, layer: layer, width: configuration.hiddenSize,
        expertCount: mixture.experts.count)
      return WeightEnsemblingMLP(
        gate: gate, routing: mixture.routing, base: weights.base,
        taskVectors: weights.taskVectors, activation: activation)
    }
  }
}
