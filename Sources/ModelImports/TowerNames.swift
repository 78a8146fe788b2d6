import Checkpoints

/// Where a vision tower lies in a checkpoint, and what Hugging Face calls each of its tensors.
///
/// Towers are found by tensors that all of them have, whatever stands before their names: `module.`
/// of parallel training, `model.` of a wrapper, `state_dict.` of a training checkpoint.
struct TowerNames {
  /// Whose names the checkpoint has.
  enum Framework: String, Sendable {
    case huggingFace = "Hugging Face"
    case openCLIP = "open_clip"
  }

  let framework: Framework
  /// What stands before the names of the tower.
  let prefix: String
  /// The stored tensors by the names that Hugging Face gives them.
  let views: [String: TensorView]

  private static let landmark = "embeddings.patch_embedding.weight"
  private static let tower = "vision_model."
  private static let projection = "visual_projection.weight"

  /// Finds the only tower of a checkpoint.
  ///
  /// - Throws: ``ModelImportError/noTower(file:)``, ``ModelImportError/severalTowers(file:prefixes:)``,
  ///   ``ModelImportError/unsupportedTensor(file:tensor:)``; `CheckpointError`.
  init(_ checkpoint: Checkpoint) throws {
    let own = Self.prefixes(before: Self.landmark, in: checkpoint)
    let open = Self.openCLIPPrefixes(in: checkpoint)
    guard let prefix = (own + open).first else {
      throw ModelImportError.noTower(file: checkpoint.path)
    }
    guard own.count + open.count == 1 else {
      throw ModelImportError.severalTowers(file: checkpoint.path, prefixes: own + open)
    }
    self.prefix = prefix
    if own.isEmpty {
      framework = .openCLIP
      views = try OpenCLIPNames.views(of: checkpoint, prefix: prefix)
    } else {
      framework = .huggingFace
      views = Self.views(of: checkpoint, prefix: prefix)
    }
  }

  /// Whether the only towers of a checkpoint have open_clip's names.
  static func isOpenCLIP(_ checkpoint: Checkpoint) -> Bool {
    !openCLIPPrefixes(in: checkpoint).isEmpty && prefixes(before: landmark, in: checkpoint).isEmpty
  }

  private static func openCLIPPrefixes(in checkpoint: Checkpoint) -> [String] {
    prefixes(before: "class_embedding", in: checkpoint).filter {
      checkpoint.contains("\($0)conv1.weight")
    }
  }

  private static func prefixes(before landmark: String, in checkpoint: Checkpoint) -> [String] {
    checkpoint.tensorNames.filter { $0 == landmark || $0.hasSuffix("." + landmark) }
      .map { String($0.dropLast(landmark.utf8.count)) }
  }

  /// Newer versions of transformers leave `vision_model.` out; the projection lies beside it.
  private static func views(of checkpoint: Checkpoint, prefix: String) -> [String: TensorView] {
    let outer = prefix.hasSuffix(tower) ? String(prefix.dropLast(tower.utf8.count)) : prefix
    let parts = ["embeddings.", "pre_layrnorm.", "encoder.", "post_layernorm.", "head."]
    var views: [String: TensorView] = [:]
    for name in checkpoint.tensorNames where name.hasPrefix(prefix) {
      let rest = name.dropFirst(prefix.count)
      // The numbers 0, 1, 2, ... that older versions stored.
      guard parts.contains(where: { rest.hasPrefix($0) }), !rest.hasSuffix("position_ids") else {
        continue
      }
      views[tower + rest] = TensorView(name)
    }
    if checkpoint.contains(outer + projection) {
      views[projection] = TensorView(outer + projection)
    }
    return views
  }
}

/// The names of open_clip's vision transformer, which are those of OpenAI's CLIP.
///
/// Queries, keys and values lie in one matrix `[3D, D]`, and the projection `[D, P]` is the transpose
/// of Hugging Face's. Both are seen through views of the stored tensors.
enum OpenCLIPNames {
  static func views(of checkpoint: Checkpoint, prefix: String) throws -> [String: TensorView] {
    var views = [
      "vision_model.embeddings.class_embedding": TensorView("\(prefix)class_embedding"),
      "vision_model.embeddings.patch_embedding.weight": TensorView("\(prefix)conv1.weight"),
      "vision_model.embeddings.position_embedding.weight": TensorView(
        "\(prefix)positional_embedding"),
    ]
    func affine(_ name: String, _ stored: String) {
      for part in ["weight", "bias"] {
        views["vision_model.\(name).\(part)"] = TensorView("\(prefix)\(stored).\(part)")
      }
    }
    affine("pre_layrnorm", "ln_pre")
    affine("post_layernorm", "ln_post")
    let width = checkpoint.descriptor(of: "\(prefix)class_embedding")?.shape.first ?? 0
    var layer = 0
    while checkpoint.contains("\(prefix)transformer.resblocks.\(layer).ln_1.weight") {
      let (name, stored) = ("encoder.layers.\(layer)", "transformer.resblocks.\(layer)")
      affine("\(name).layer_norm1", "\(stored).ln_1")
      affine("\(name).layer_norm2", "\(stored).ln_2")
      affine("\(name).self_attn.out_proj", "\(stored).attn.out_proj")
      affine("\(name).mlp.fc1", "\(stored).mlp.c_fc")
      affine("\(name).mlp.fc2", "\(stored).mlp.c_proj")
      for part in ["weight", "bias"] {
        let whole = "\(prefix)\(stored).attn.in_proj_\(part)"
        if let height = checkpoint.descriptor(of: whole)?.shape.first, height != 3 * width {
          throw ModelImportError.shapeContradiction(
            file: checkpoint.path, key: whole, expected: "\(3 * width) rows", actual: "\(height)")
        }
        for (index, projection) in ["q_proj", "k_proj", "v_proj"].enumerated() {
          views["vision_model.\(name).self_attn.\(projection).\(part)"] = TensorView(
            whole, rows: (index * width)..<((index + 1) * width))
        }
      }
      layer += 1
    }
    if checkpoint.contains("\(prefix)proj") {
      views["visual_projection.weight"] = TensorView("\(prefix)proj", isTransposed: true)
    }
    let known = Set(views.values.map(\.tensor))
    let unknown = checkpoint.tensorNames.first { $0.hasPrefix(prefix) && !known.contains($0) }
    if let unknown, !prefix.isEmpty {
      throw ModelImportError.unsupportedTensor(file: checkpoint.path, tensor: unknown)
    }
    return views
  }
}
