import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelFamilies
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
  let knownDigest = KnownDigest()

  /// Opens a folder and everything its recipe names, or a file of weights.
  ///
  /// - Parameter assumed: the configuration of a model that states none itself, as a file of weights;
  ///   that of the base model it was trained from. The shapes of its tensors must agree.
  /// - Throws: `CheckpointError`, `VisionModelError`, ``MergeError``.
  public init(path: String, assuming assumed: VisionTowerConfiguration? = nil) throws {
    struct Sections: Decodable { var wemoe: MixtureConfiguration? }
    self.path = path
    let file = (path as NSString).appendingPathComponent("config.json")
    if FileKind(at: file) == nil,
      let known = try ModelFamilies.statedConfiguration(ofModel: path) ?? assumed
    {
      configuration = known
      let tensors = try CheckpointTensors(ModelFamilies.checkpoint(ofModel: path), known.names)
      mixture = try MixtureConfiguration(detectedIn: tensors, known, stated: nil)
      form = mixture == nil ? .tower(tensors) : .mixture(tensors)
      try checkTensors()
      return
    }
    let section = try StrictJSON.decode(Sections.self, contentsOf: file).wemoe
    let recipe = section?.recipe
    let weights = recipe.map { RelativePath.resolve($0.base.path, in: path) } ?? path
    configuration = try ModelFamilies.family(ofConfiguration: file) {
      try Checkpoint(path: weights).tensorNames
    }.configuration(contentsOf: file)
    if let section, let recipe {
      form = .recipe(try Self.open(recipe, in: path, configuration, names: section.experts))
      mixture = section
    } else {
      let tensors = try CheckpointTensors(
        ModelFamilies.checkpoint(ofModel: path), configuration.names)
      mixture = try MixtureConfiguration(detectedIn: tensors, configuration, stated: section)
      form = mixture == nil ? .tower(tensors) : .mixture(tensors)
    }
    try checkTensors()
  }

  /// What the model's tensors are called.
  public var names: TensorNames { configuration.names }

  /// Holds the tables of tensors against the configuration; the gates are checked when they are read.
  private func checkTensors() throws {
    func check(_ tensors: CheckpointTensors, _ slots: [TensorRole.Slot]) throws {
      // A tower may have been saved without its projection.
      let outside = configuration.tensorsOutsideMLPs.filter {
        !$0.role.isOptional || tensors.contains($0.role)
      }
      try tensors.require(outside + slots.flatMap { configuration.mlpTensors(in: $0) })
    }
    switch form {
    case .tower(let tensors): try check(tensors, [.dense])
    case .recipe(let parts):
      for part in [parts.base] + parts.experts { try check(part, [.dense]) }
    case .mixture(let tensors):
      let experts = (mixture?.experts ?? []).indices.map { TensorRole.Slot.taskVector($0) }
      try check(tensors, [.base] + experts)
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
      try ModelFamilies.checkpoint(ofModel: RelativePath.resolve(part.path, in: folder))
    }
    let names = configuration.names
    let base = try CheckpointTensors(checkpoint(recipe.base), names)
    let gates = try checkpoint(recipe.gates)
    guard let gateTensors = CheckpointTensors(gates: gates, names) else {
      throw MergeError.missingGate(file: gates.path, layer: 0)
    }
    return RecipeParts(
      base: base,
      experts: try recipe.experts.map {
        try CheckpointTensors(checkpoint($0), names).borrowing(from: base)
      },
      gates: gateTensors, recipe: recipe)
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
    func isThere(_ slot: TensorRole.Slot, _ layer: Int) -> Bool {
      tensors.contains(TensorRole(.up, layer: layer, slot: slot))
    }
    guard isThere(.base, 0) else { return nil }
    let counts = (0..<configuration.hiddenLayerCount).map { layer in
      var count = 0
      while isThere(.taskVector(count), layer) { count += 1 }
      return count
    }
    let expertCount = counts.first ?? 0
    guard expertCount > 0 else { throw MergeError.noExperts }
    for (layer, count) in counts.enumerated() where count != expertCount {
      throw MergeError.taskVectorGap(
        file: tensors.path, layer: layer, expected: expertCount, actual: count)
    }
    guard let depth = GateDepth(of: tensors, layer: 0) else {
      throw MergeError.missingGate(file: tensors.path, layer: 0)
    }
    if let stated, stated.experts.count != expertCount {
      throw MergeError.expertCountMismatch(
        file: tensors.path, expected: stated.experts.count, actual: expertCount)
    }
    self.init(
      experts: stated?.experts ?? (0..<expertCount).map { "expert-\($0)" },
      routing: stated?.routing ?? .raw, scalingCoefficient: stated?.scalingCoefficient ?? 0.3,
      gateDepth: depth.rawValue, recipe: nil)
  }
}
