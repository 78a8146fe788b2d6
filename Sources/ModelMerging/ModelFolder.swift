import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import RoutedModels
import VisionTransformers

/// A model on disk: a plain tower, a merge by recipe, or a full merge.
///
/// Opening reads and checks `config.json` and the table of tensors; weights stay on disk until
/// ``tower(progress:)`` builds the model from them.
public struct ModelFolder: Sendable {
  /// How the folder holds its model.
  public enum Form: Sendable {
    /// One dense tower.
    case tower(CheckpointTensors)
    /// Base, experts and gates by reference.
    case recipe(RecipeParts)
    /// Base MLPs, task vectors and gates under fusion_bench's names.
    case mixture(CheckpointTensors)
  }

  /// The opened parts of a recipe.
  public struct RecipeParts: Sendable {
    /// The base model.
    public let base: CheckpointTensors
    /// The experts in order.
    public let experts: [CheckpointTensors]
    /// The gates.
    public let gates: CheckpointTensors
    /// What the recipe says they should be.
    public let recipe: MergeRecipe
  }

  /// The folder as it was given.
  public let path: String
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  /// Experts and routing; `nil` for a plain tower.
  public let mixture: MixtureConfiguration?
  /// How the folder holds its model.
  public let form: Form

  /// Opens a folder and everything its recipe names.
  ///
  /// - Throws: `CheckpointError`, `VisionModelError`, ``MergeError``.
  public init(path: String) throws {
    struct Sections: Decodable { var wemoe: MixtureConfiguration? }
    self.path = path
    let file = (path as NSString).appendingPathComponent("config.json")
    configuration = try VisionTowerConfiguration(contentsOf: file)
    let section = try StrictJSON.decode(Sections.self, contentsOf: file).wemoe
    if let section, let recipe = section.recipe {
      form = .recipe(try Self.open(recipe, in: path, configuration, names: section.experts))
      mixture = section
    } else {
      let tensors = try CheckpointTensors(Checkpoint(path: path))
      mixture = try MixtureConfiguration(detectedIn: tensors, configuration, stated: section)
      form = mixture == nil ? .tower(tensors) : .mixture(tensors)
    }
    try checkTensors()
  }

  /// Holds the tables of tensors against the configuration; the gates are checked when they are read.
  private func checkTensors() throws {
    func check(_ tensors: CheckpointTensors, mlps parts: [String]) throws {
      // A tower may have been saved without its projection.
      let outside = configuration.tensorsOutsideMLPs.filter {
        $0.name != "visual_projection.weight" || tensors.contains($0.name)
      }
      try tensors.require(outside + parts.flatMap { configuration.mlpTensors(part: $0) })
    }
    switch form {
    case .tower(let tensors): try check(tensors, mlps: [""])
    case .recipe(let parts):
      for part in [parts.base] + parts.experts { try check(part, mlps: [""]) }
    case .mixture(let tensors):
      let experts = (mixture?.experts ?? []).indices.map { "task_vectors.\($0)." }
      try check(tensors, mlps: ["base_model."] + experts)
    }
  }

  private static func open(
    _ recipe: MergeRecipe, in folder: String, _ configuration: VisionTowerConfiguration,
    names: [String]
  ) throws -> RecipeParts {
    guard names.count == recipe.experts.count else {
      throw MergeError.expertCountMismatch(
        file: folder, expected: names.count, actual: recipe.experts.count)
    }
    func checkpoint(_ part: MergeRecipe.Part) throws -> Checkpoint {
      try Checkpoint(path: RelativePath.resolve(part.path, in: folder))
    }
    return RecipeParts(
      base: try CheckpointTensors(checkpoint(recipe.base)),
      experts: try recipe.experts.map { try CheckpointTensors(checkpoint($0)) },
      gates: try CheckpointTensors(gates: checkpoint(recipe.gates)),
      recipe: recipe)
  }
}

extension MixtureConfiguration {
  /// What the tensor names of a full merge say about it, held against what `config.json` states.
  ///
  /// fusion_bench writes no section of its own into `config.json`; its merges use the gate's output
  /// as it is and lambda = 0.3 unless told otherwise, and its experts have no names.
  ///
  /// - Returns: `nil` when the checkpoint is a plain tower.
  /// - Throws: ``MergeError/taskVectorGap(file:layer:expected:actual:)``,
  ///   ``MergeError/missingGate(file:layer:)``,
  ///   ``MergeError/expertCountMismatch(file:expected:actual:)``.
  init?(
    detectedIn tensors: CheckpointTensors, _ configuration: VisionTowerConfiguration,
    stated: MixtureConfiguration?
  ) throws {
    func mlp(_ layer: Int) -> String { "vision_model.encoder.layers.\(layer).mlp" }
    guard tensors.contains("\(mlp(0)).base_model.fc1.weight") else { return nil }
    let counts = (0..<configuration.hiddenLayerCount).map { layer in
      var count = 0
      while tensors.contains("\(mlp(layer)).task_vectors.\(count).fc1.weight") { count += 1 }
      return count
    }
    let expertCount = counts.first ?? 0
    guard expertCount > 0 else { throw MergeError.noExperts }
    for (layer, count) in counts.enumerated() where count != expertCount {
      throw MergeError.taskVectorGap(
        file: tensors.path, layer: layer, expected: expertCount, actual: count)
    }
    guard let depth = Gate.depth(tensors, under: "\(mlp(0)).gate") else {
      throw MergeError.missingGate(file: tensors.path, layer: 0)
    }
    if let stated, stated.experts.count != expertCount {
      throw MergeError.expertCountMismatch(
        file: tensors.path, expected: stated.experts.count, actual: expertCount)
    }
    self.init(
      experts: stated?.experts ?? (0..<expertCount).map { "expert-\($0)" },
      routing: stated?.routing ?? .raw, scalingCoefficient: stated?.scalingCoefficient ?? 0.3,
      gateDepth: depth, recipe: nil)
  }
}
