import Diagnostics

/// The `wemoe` section of a merged model's `config.json`.
public struct MixtureConfiguration: Sendable, Hashable, Codable {
  /// Names of the experts, in the order of the task vectors.
  public var experts: [String]
  /// What happens to the gate's output.
  public var routing: RoutingMode
  /// lambda, which scaled the task vectors outside of the MLPs.
  public var scalingCoefficient: Float
  /// Number of linear maps in a gate: 0, 1 or 2.
  public var gateDepth: Int
  /// Where the parts are, when the folder holds a recipe and not a full copy.
  public var recipe: MergeRecipe?

  enum CodingKeys: String, CodingKey {
    case experts, routing, recipe
    case scalingCoefficient = "scaling_coefficient"
    case gateDepth = "gate_depth"
  }

  /// A section with these values.
  public init(
    experts: [String], routing: RoutingMode, scalingCoefficient: Float, gateDepth: Int,
    recipe: MergeRecipe?
  ) {
    self.experts = experts
    self.routing = routing
    self.scalingCoefficient = scalingCoefficient
    self.gateDepth = gateDepth
    self.recipe = recipe
  }
}

/// A merge by reference: the parts, each pinned by the digest of its weights.
public struct MergeRecipe: Sendable, Hashable, Codable {
  /// A checkpoint, by path and by digest.
  public struct Part: Sendable, Hashable, Codable {
    /// A path relative to the recipe's folder, or absolute.
    public var path: String
    /// The digest of the weights; a part with another one is refused.
    public var sha256: Digest

    /// A checkpoint at `path` whose weights have this digest.
    public init(path: String, sha256: Digest) {
      self.path = path
      self.sha256 = sha256
    }
  }

  /// The model that the experts were fine-tuned from.
  public var base: Part
  /// The experts, in the order of the names.
  public var experts: [Part]
  /// The gates of all layers, a file in the recipe's own folder.
  public var gates: Part

  /// A recipe of these parts.
  public init(base: Part, experts: [Part], gates: Part) {
    self.base = base
    self.experts = experts
    self.gates = gates
  }
}
