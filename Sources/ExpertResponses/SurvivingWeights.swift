import RoutedModels
import VisionTransformers

/// An expert whose task vector is set to 0 where another model's MLP weights are 0.
///
/// Equation: W' = W_0 + m * (W - W_0) with m = 0 where the sparse model's weight is 0, else 1
/// A pruned copy and its origin are alike on the weights that survived; the removed ones make a
/// response of their own, which hides that. The bias of the first map is the base's on all sides: the norm's
/// offset, which is folded into it, went through the weights that were removed. That of the second is kept.
struct SurvivingWeights: TensorSource {
  let expert: any TensorSource
  let base: any TensorSource
  let sparse: any TensorSource

  var path: String { expert.path }

  func name(of role: TensorRole) -> String { expert.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { expert.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    guard role.isExpert else { return try expert.tensor(role, shape: shape) }
    if role.kind == .bias {
      return try (role.component == .down ? expert : base).tensor(role, shape: shape)
    }
    var values = try expert.tensor(role, shape: shape)
    let origin = try base.tensor(role, shape: shape)
    let mask = try sparse.tensor(role, shape: shape)
    for index in values.indices where mask[index] == 0 { values[index] = origin[index] }
    return values
  }
}
