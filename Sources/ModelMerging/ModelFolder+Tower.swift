import Checkpoints
import Tensors
import VisionTransformers

extension ModelFolder {
  /// Builds the model: reads every weight once and packs it for multiplication.
  ///
  /// Gates stay in f32 whatever `precision` is: their outputs are what is recorded.
  ///
  /// - Throws: `CheckpointError` for missing or malformed tensors and for weights that are not
  ///   finite; ``MergeError``.
  public func tower(precision: Precision = .f32) throws -> CLIPVisionTower {
    switch form {
    case .tower(let tensors):
      return try CLIPVisionTower(dense: tensors, configuration, precision: precision)
    case .mixture(let tensors):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      return try mergedTower(mixture, precision, outside: tensors, gates: tensors) { name in
        (
          base: try MLPWeights(
            tensors, under: "\(name).base_model", configuration, precision: precision),
          taskVectors: try mixture.experts.indices.map {
            try MLPWeights(
              tensors, under: "\(name).task_vectors.\($0)", configuration, precision: precision)
          }
        )
      }
    case .recipe(let parts):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      let outside = TaskArithmetic(
        base: parts.base, experts: parts.experts, scalingCoefficient: mixture.scalingCoefficient)
      return try mergedTower(mixture, precision, outside: outside, gates: parts.gates) { name in
        (
          base: try MLPWeights(parts.base, under: name, configuration, precision: precision),
          taskVectors: try parts.experts.map {
            try MLPWeights(
              TaskVector(base: parts.base, expert: $0), under: name, configuration,
              precision: precision)
          }
        )
      }
    }
  }

  private func mergedTower(
    _ mixture: MixtureConfiguration, _ precision: Precision, outside: some TensorSource,
    gates: CheckpointTensors,
    mlp: @Sendable (_ name: String) throws -> (base: MLPWeights, taskVectors: [MLPWeights])
  ) throws -> CLIPVisionTower {
    let activation = try configuration.activation(file: path)
    return try CLIPVisionTower(configuration, outside, precision: precision) { layer, name in
      let weights = try mlp(name)
      let gate = try Gate(
        gates, under: "\(name).gate", layer: layer, width: configuration.hiddenSize,
        expertCount: mixture.experts.count)
      return WeightEnsemblingMLP(
        gate: gate, routing: mixture.routing, base: weights.base,
        taskVectors: weights.taskVectors, activation: activation)
    }
  }
}
