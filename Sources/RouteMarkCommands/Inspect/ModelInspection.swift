import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging
import RoutedModels
import VisionTransformers

/// What a model folder holds.
struct ModelInspection: Encodable {
  let schema = "routemark.model-inspection/1"
  let path: String
  let kind: String
  let architecture: VisionTowerConfiguration
  let mixture: MixtureConfiguration?
  /// Tensors of each element type, over all parts.
  let elementTypes: [String: Int]
  let parameterCount: Int
  let digest: Digest

  init(path: String) throws {
    let model = try ModelFolder(path: path)
    self.path = path
    architecture = model.configuration
    mixture = model.mixture
    let checkpoints: [Checkpoint]
    switch model.form {
    case .tower(let tensors):
      kind = "CLIP vision tower"
      checkpoints = [tensors.checkpoint]
    case .mixture(let tensors):
      kind = "WEMoE of CLIP vision towers, in full"
      checkpoints = [tensors.checkpoint]
    case .recipe(let parts):
      kind = "WEMoE of CLIP vision towers, by recipe"
      checkpoints = ([parts.base] + parts.experts + [parts.gates]).map(\.checkpoint)
    }
    let descriptors = checkpoints.flatMap { checkpoint in
      checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    }
    elementTypes = Dictionary(grouping: descriptors, by: \.elementType.rawValue)
      .mapValues(\.count)
    parameterCount = descriptors.reduce(0) { $0 + $1.elementCount }
    digest = try model.digest()
  }

  /// Whether `config.json` describes a CLIP vision tower, plain or merged.
  static func recognizes(configuration: String, folder: String) throws -> Bool {
    struct Sections: Decodable { var wemoe: MixtureConfiguration? }
    if try StrictJSON.decode(Sections.self, contentsOf: configuration).wemoe?.recipe != nil {
      return true
    }
    let names = try Checkpoint(path: folder).tensorNames
    return names.contains { $0.hasSuffix("vision_model.embeddings.class_embedding") }
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(kind)  \(path)")
    console.line("digest       \(digest)")
    console.line(
      "tower        \(architecture.hiddenLayerCount) layers, width \(architecture.hiddenSize), "
        + "MLP \(architecture.intermediateSize), \(architecture.attentionHeadCount) heads, "
        + "\(architecture.imageSize) px in patches of \(architecture.patchSize), "
        + architecture.hiddenActivation)
    if let mixture {
      console.line(
        "experts      \(mixture.experts.count): \(mixture.experts.joined(separator: ", "))")
      console.line(
        "routing      \(mixture.routing.rawValue), gates of depth \(mixture.gateDepth), "
          + "scaling \(mixture.scalingCoefficient)")
    }
    let types = elementTypes.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
    console.line("tensors      \(types.joined(separator: ", "))")
    console.line("parameters   \(parameterCount)")
    if let recipe = mixture?.recipe {
      console.line("  base       \(recipe.base.sha256.abbreviated)  \(recipe.base.path)")
      for (name, part) in zip(mixture?.experts ?? [], recipe.experts) {
        console.line("  \(name)  \(part.sha256.abbreviated)  \(part.path)")
      }
      console.line("  gates      \(recipe.gates.sha256.abbreviated)  \(recipe.gates.path)")
    }
  }
}
