import RoutedModels
import VisionTransformers

/// An expert whose task vector is set to 0 where another model's MLP weights are 0.
///
/// Equation: W' = W_0 + m * (W - W_0) with m = 0 where the sparse model's weight is 0, else 1
/// A pruned copy and its origin are alike on the weights that survived; the removed ones make a
/// response of their own, which hides that. Biases are kept.
struct SurvivingWeights: TensorSource {
  let expert: any TensorSource
  let base: any TensorSource
  let sparse: any TensorSource

  var path: String { expert.path }

  func contains(_ name: String) -> Bool { expert.contains(name) }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    var values = try expert.tensor(name, shape: shape)
    guard EncoderTensors.isMLP(name), name.hasSuffix(".weight") else { return values }
    let origin = try base.tensor(name, shape: shape)
    let mask = try sparse.tensor(name, shape: shape)
    for index in values.indices where mask[index] == 0 { values[index] = origin[index] }
    return values
  }
}
