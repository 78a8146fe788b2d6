/// A kind of model that one framework class saves: what it is called, and what its tensors are called.
///
/// This is enough to find a model in a checkpoint and to read its weights by role. What can also run
/// a model says more: vision families give the configuration of a tower.
public protocol ModelFamily: Sendable {
  /// The values of `model_type` in `config.json` that mean this family.
  var modelTypes: [String] { get }
  /// What its tensors are called.
  var names: TensorNames { get }
}

/// A router and the experts that it chooses from: a layer of a WEMoE, an expert layer of a decoder.
public struct RouterSite: Sendable, Hashable {
  /// The layer.
  public let layer: Int
  /// The experts, by slot; E may differ from site to site.
  public let experts: [TensorRole.Slot]
  /// For every expert the first one that is the same, usually itself.
  public let aliases: [Int]

  /// A site of experts that are all different unless `aliases` says otherwise.
  ///
  /// - Precondition: there is one alias an expert, and none points behind itself.
  public init(layer: Int, experts: [TensorRole.Slot], aliases: [Int]? = nil) {
    let aliases = aliases ?? Array(experts.indices)
    precondition(
      aliases.count == experts.count && aliases.enumerated().allSatisfy { $0.element <= $0.offset },
      "every expert has an alias at or before its own place")
    self.layer = layer
    self.experts = experts
    self.aliases = aliases
  }

  /// The shapes of one expert: `[F, D]` up, and back; biases where the family has them.
  public static func expert(
    layer: Int, slot: TensorRole.Slot, width D: Int, hidden F: Int, isGated: Bool, hasBiases: Bool
  ) -> [RoleShape] {
    let ups: [TensorRole.Component] = isGated ? [.gatingUp, .up] : [.up]
    var tensors: [RoleShape] = []
    for (component, shape) in ups.map({ ($0, [F, D]) }) + [(.down, [D, F])] {
      tensors.append(RoleShape(TensorRole(component, .weight, layer: layer, slot: slot), shape))
      guard hasBiases else { continue }
      tensors.append(RoleShape(TensorRole(component, .bias, layer: layer, slot: slot), [shape[0]]))
    }
    return tensors
  }
}
