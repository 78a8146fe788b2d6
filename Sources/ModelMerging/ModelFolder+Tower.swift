import Checkpoints
import Tensors
import VisionTransformers

extension ModelFolder {
  /// Builds the model: reads every weight once and packs it for multiplication.
  ///
  /// - Throws: `CheckpointError` for missing or malformed tensors and for weights that are not
  ///   finite; ``MergeError``.
  public func tower() throws -> CLIPVisionTower {
    switch form {
    case .tower(let tensors):
      return try CLIPVisionTower(dense: tensors, configuration)
    case .mixture(let tensors):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      return try mergedTower(mixture, outside: tensors, gates: tensors) { name in
        (
          base: try MLPWeights(tensors, under: "\(name).base_model", configuration),
          taskVectors: try mixture.experts.indices.map {
            try MLPWeights(tensors, under: "\(name).task_vectors.\($0)", configuration)
          }
        )
      }
    case .recipe(let parts):
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      let outside = TaskArithmetic(
        base: parts.base, experts: parts.experts, scalingCoefficient: mixture.scalingCoefficient)
      return try mergedTower(mixture, outside: outside, gates: parts.gates) { name in
        (
          base: try MLPWeights(parts.base, under: name, configuration),
          taskVectors: try parts.experts.map {
            try MLPWeights(TaskVector(base: parts.base, expert: $0), under: name, configuration)
          }
        )
      }
    }
  }

  private func mergedTower(
    _ mixture: MixtureConfiguration, outside: some TensorSource, gates: CheckpointTensors,
    mlp: (_ name: String) throws -> (base: MLPWeights, taskVectors: [MLPWeights])
  ) throws -> CLIPVisionTower {
    let activation = try configuration.activation(file: path)
    return try CLIPVisionTower(configuration, outside) { layer, name in
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
