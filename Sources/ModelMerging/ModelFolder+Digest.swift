import Checkpoints
import Diagnostics
import Documents
import Files
import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// The digest of an opened model, once somebody has asked for it.
final class KnownDigest: Sendable {
  private let digest = Mutex<Digest?>(nil)

  var value: Digest? { digest.withLock { $0 } }

  func keep(_ value: Digest) { digest.withLock { $0 = value } }
}

extension ModelFolder {
  /// The digest by which traces and cases know this model.
  ///
  /// SHA-256 over a short text that names everything the router logits depend on: the shape of the
  /// tower, routing mode, scaling coefficient, and the digests of the weights. The parts of a recipe
  /// are hashed again and held against the recipe.
  ///
  /// The weights are hashed once for all copies of this value.
  ///
  /// - Throws: ``MergeError/digestMismatch(file:part:expected:actual:)``; `CheckpointError`.
  public func digest() throws -> Digest {
    if let digest = knownDigest.value { return digest }
    let digest = try computedDigest()
    knownDigest.keep(digest)
    return digest
  }

  private func computedDigest() throws -> Digest {
    var lines = ["routemark.model/1", try configuration.canonicalText()]
    switch form {
    case .tower(let tensors):
      lines.append("tower \(try tensors.checkpoint.digest())")
    case .mixture(let tensors):
      lines.append("mixture \(try tensors.checkpoint.digest())")
    case .recipe(let parts):
      lines += try digests(of: parts)
    }
    if let mixture {
      lines.append("routing \(mixture.routing.rawValue)")
      lines.append("scaling \(mixture.scalingCoefficient)")
    }
    return Digest.sha256(of: Array(lines.joined(separator: "\n").utf8))
  }

  /// Checks that what was read since ``digest()`` is what was hashed then.
  ///
  /// Costs nothing as long as the files are as they were when they were opened; else they are hashed
  /// again.
  ///
  /// - Throws: `FileError.changedMeanwhile`; what ``digest()`` throws.
  public func requireUnchanged(since digest: Digest) throws {
    let checkpoints =
      switch form {
      case .tower(let tensors), .mixture(let tensors): [tensors.checkpoint]
      case .recipe(let parts):
        ([parts.base] + parts.experts + [parts.gates]).map(\.checkpoint)
      }
    guard let changed = checkpoints.first(where: \.mayHaveChanged) else { return }
    guard try computedDigest() == digest else {
      throw FileError.changedMeanwhile(path: changed.path)
    }
  }

  /// Lines with the digests of a recipe's parts, hashed on all threads.
  private func digests(of parts: RecipeParts) throws -> [String] {
    var named = [(line: "base", "the base model", parts.base, parts.recipe.base)]
    for (index, expert) in parts.experts.enumerated() {
      let name = mixture?.experts[index] ?? "\(index)"
      named.append(("expert", "expert `\(name)`", expert, parts.recipe.experts[index]))
    }
    named.append(("gates", "the gates file", parts.gates, parts.recipe.gates))
    return try WorkerPool().map(named.count) { [named] index in
      let (line, part, tensors, stated) = named[index]
      return "\(line) \(try Self.verified(tensors, part, stated))"
    }
  }

  private static func verified(
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
