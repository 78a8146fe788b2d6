import Checkpoints
import Diagnostics
import VisionTransformers

extension ModelFolder {
  /// The digest by which traces and cases know this model.
  ///
  /// SHA-256 over a short text that names everything the router logits depend on: the shape of the
  /// tower, routing mode, scaling coefficient, and the digests of the weights. The parts of a recipe
  /// are hashed again and held against the recipe.
  ///
  /// - Throws: ``MergeError/digestMismatch(file:part:expected:actual:)``; `CheckpointError`.
  public func digest() throws -> Digest {
    var lines = ["routemark.model/1", try configuration.canonicalText()]
    switch form {
    case .tower(let tensors):
      lines.append("tower \(try tensors.checkpoint.digest())")
    case .mixture(let tensors):
      lines.append("mixture \(try tensors.checkpoint.digest())")
    case .recipe(let parts):
      lines.append("base \(try verified(parts.base, "the base model", parts.recipe.base))")
      for (index, expert) in parts.experts.enumerated() {
        let name = mixture?.experts[index] ?? "\(index)"
        let digest = try verified(expert, "expert `\(name)`", parts.recipe.experts[index])
        lines.append("expert \(digest)")
      }
      lines.append("gates \(try verified(parts.gates, "the gates file", parts.recipe.gates))")
    }
    if let mixture {
      lines.append("routing \(mixture.routing.rawValue)")
      lines.append("scaling \(mixture.scalingCoefficient)")
    }
    return Digest.sha256(of: Array(lines.joined(separator: "\n").utf8))
  }

  private func verified(
    _ tensors: CheckpointTensors, _ part: String, _ stated: MergeRecipe.Part
  ) throws -> Digest {
    let actual = try tensors.checkpoint.digest()
    guard actual == stated.sha256 else {
      throw MergeError.digestMismatch(
        file: tensors.path, part: part, expected: stated.sha256, actual: actual)
    }
    return actual
  }
}
