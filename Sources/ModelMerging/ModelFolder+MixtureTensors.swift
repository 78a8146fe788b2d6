import Checkpoints
import RoutedModels
import VisionTransformers

extension ModelFolder {
  /// A tensor of a merged model under the name that a full merge gives it, whether the folder holds
  /// it in full or as a recipe.
  ///
  /// Names: `…mlp.base_model.fc1.weight`, `…mlp.task_vectors.0.fc1.weight`, `…mlp.gate.fc1.weight`,
  /// and outside of the MLPs the names of a plain tower. The numbers are those that ``tower()`` uses.
  ///
  /// - Throws: ``MergeError/notAMixture(path:)``; `CheckpointError` for a missing tensor or another
  ///   shape.
  public func mixtureTensor(_ name: String, shape: [Int]) throws -> [Float] {
    switch form {
    case .tower: throw MergeError.notAMixture(path: path)
    case .mixture(let tensors): return try tensors.tensor(name, shape: shape)
    case .recipe(let parts):
      return try parts.tensor(name, shape: shape, scalingCoefficient: mixture?.scalingCoefficient)
    }
  }
}

extension ModelFolder.RecipeParts {
  fileprivate func tensor(
    _ name: String, shape: [Int], scalingCoefficient: Float?
  ) throws -> [Float] {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    // vision_model.encoder.layers.{l}.mlp.{kind}.…
    guard let mlp = parts.firstIndex(of: "mlp"), mlp + 1 < parts.count else {
      return try TaskArithmetic(
        base: base, experts: experts, scalingCoefficient: scalingCoefficient ?? 0
      ).tensor(name, shape: shape)
    }
    func plain(from index: Int) -> String {
      (parts[...mlp] + parts[index...]).joined(separator: ".")
    }
    switch parts[mlp + 1] {
    case "base_model": return try base.tensor(plain(from: mlp + 2), shape: shape)
    case "task_vectors":
      guard mlp + 2 < parts.count, let expert = Int(parts[mlp + 2]),
        experts.indices.contains(expert)
      else { throw CheckpointError.missingTensor(tensor: name, file: base.path) }
      return try TaskVector(base: base, expert: experts[expert])
        .tensor(plain(from: mlp + 3), shape: shape)
    default: return try gates.tensor(name, shape: shape)
    }
  }
}
