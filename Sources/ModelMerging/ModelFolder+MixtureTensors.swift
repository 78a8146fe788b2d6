import Checkpoints
import RoutedModels
import VisionTransformers

extension ModelFolder {
  /// A tensor of a merged model by the role that a full merge gives it, whether the folder holds it in full
  /// or as a recipe.
  ///
  /// Roles: MLPs in the slots `base` and `taskVector`, gates, and outside of the MLPs those of a plain
  /// tower. The numbers are those that ``tower(precision:)`` uses.
  ///
  /// - Throws: ``MergeError/notAMixture(path:)``; `CheckpointError` for a missing tensor or another
  ///   shape.
  public func mixtureTensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    switch form {
    case .tower: throw MergeError.notAMixture(path: path)
    case .mixture(let tensors): return try tensors.tensor(role, shape: shape)
    case .recipe(let parts):
      return try parts.tensor(role, shape: shape, scalingCoefficient: mixture?.scalingCoefficient)
    }
  }
}

extension ModelFolder.RecipeParts {
  fileprivate func tensor(
    _ role: TensorRole, shape: [Int], scalingCoefficient: Float?
  ) throws -> [Float] {
    if role.isRouter { return try gates.tensor(role, shape: shape) }
    guard role.isExpert else {
      return try TaskArithmetic(
        base: base, experts: experts, scalingCoefficient: scalingCoefficient ?? 0
      ).tensor(role, shape: shape)
    }
    let dense = role.inSlot(.dense)
    switch role.slot {
    case .base: return try base.tensor(dense, shape: shape)
    case .taskVector(let expert) where experts.indices.contains(expert):
      return try TaskVector(base: base, expert: experts[expert]).tensor(dense, shape: shape)
    default:
      throw CheckpointError.missingTensor(tensor: base.name(of: role), file: base.path)
    }
  }
}
