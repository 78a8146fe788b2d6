import ModelMerging
import RoutedModels
import Tensors

/// A WEMoE as it is trained: a merged tower with the base MLPs, MLP task vectors and gates.
///
/// Equations (Tang et al., "Merging multi-task models via weight-ensembling mixture of experts",
/// 2024): outside the MLPs theta = theta0 + lambda * sum_e (theta_e - theta0); in each layer's MLP
/// W = W0 + sum_e w_e T_e for every sample, with w from the layer's gate.
public struct MergeableModel: Sendable {
  /// The dimensions of the tower.
  public let shape: TrainableTowerShape
  /// How gate logits become weights.
  public let routing: RoutingMode
  /// How many maps a gate has.
  public let depth: GateDepth
  /// E: number of experts.
  public let experts: Int
  /// The merged tower under the family's names; its MLPs are the base model's.
  public let tower: ParameterStore
  /// `...mlp.task_vectors.{e}.fc1.weight` and so on.
  public let taskVectors: ParameterStore
  /// The gates, `...mlp.gate.*`.
  public let gates: ParameterStore

  /// Merges a base and its experts.
  ///
  /// Numerics: the scaled sum is taken in Double, task vectors are differences in Float.
  ///
  /// - Parameters:
  ///   - scalingCoefficient: lambda.
  ///   - base: gives the base's tensors by the names of ``TrainableTowerShape/layout``.
  ///   - expertSources: gives the experts' tensors, in the order of the experts.
  ///   - gates: how the gates begin.
  /// - Throws: what the sources throw; ``TrainingError/expertCount(place:expected:actual:)``.
  public init(
    merging base: ParameterSource, with expertSources: [ParameterSource],
    shape: TrainableTowerShape,
    scalingCoefficient: Double, routing: RoutingMode, depth: GateDepth, gates: InitialGates
  ) throws {
    guard !expertSources.isEmpty else {
      throw TrainingError.expertCount(place: "merge", expected: 0, actual: 0)
    }
    let tower = try ParameterStore(shape.layout, from: base)
    let taskVectors = ParameterStore(
      TaskVectorLayout(shape, experts: expertSources.count).parameters)
    let experts = try expertSources.map { try ParameterStore(shape.layout, from: $0) }
    for entry in tower.layout.entries {
      if entry.role.isExpert {
        try Self.subtract(entry, base: tower, experts: experts, into: taskVectors)
      } else {
        Self.addScaled(entry, scalingCoefficient, experts, to: tower)
      }
    }
    try self.init(
      shape: shape, routing: routing, depth: depth, experts: experts.count, tower: tower,
      taskVectors: taskVectors, gates: gates)
  }

  /// Reads a WEMoE that is merged already, by fusion_bench's tensor names.
  ///
  /// - Parameter source: gives `...mlp.base_model.fc1.weight`, `...mlp.task_vectors.{e}.fc1.weight`,
  ///   `...mlp.gate.*` and the other tensors of the tower under their usual names.
  /// - Throws: what `source` throws; ``TrainingError/expertCount(place:expected:actual:)``.
  public init(
    merged source: ParameterSource, shape: TrainableTowerShape, experts: Int, routing: RoutingMode,
    depth: GateDepth, gates: InitialGates? = nil
  ) throws {
    guard experts > 0 else {
      throw TrainingError.expertCount(place: "merge", expected: 0, actual: experts)
    }
    let tower = try ParameterStore(shape.layout) { try source($0.inSlot(.base, shape.names)) }
    let taskVectors = try ParameterStore(
      TaskVectorLayout(shape, experts: experts).parameters, from: source)
    let stored = try withoutActuallyEscaping(source) { source in
      try gates
        ?? .values(
          ParameterStore(
            GateLayout(shape, depth: depth, experts: experts).parameters, from: source))
    }
    try self.init(
      shape: shape, routing: routing, depth: depth, experts: experts, tower: tower,
      taskVectors: taskVectors, gates: stored)
  }

  private init(
    shape: TrainableTowerShape, routing: RoutingMode, depth: GateDepth, experts: Int,
    tower: ParameterStore, taskVectors: ParameterStore, gates: InitialGates
  ) throws {
    self.shape = shape
    self.routing = routing
    self.depth = depth
    self.experts = experts
    self.tower = tower
    self.taskVectors = taskVectors
    self.gates = try gates.store(shape, depth: depth, experts: experts)
  }

  private static func subtract(
    _ entry: ParameterLayout.Entry, base: ParameterStore, experts: [ParameterStore],
    into taskVectors: ParameterStore
  ) throws {
    let base = base.values(entry)
    for (index, expert) in experts.enumerated() {
      guard let target = taskVectors.layout.entry(entry.role.inSlot(.taskVector(index))) else {
        preconditionFailure("the layout has a task vector for every tensor of an MLP")
      }
      try taskVectors.fill(target, with: zip(expert.values(entry), base).map { $0 - $1 })
    }
  }

  private static func addScaled(
    _ entry: ParameterLayout.Entry, _ scalingCoefficient: Double, _ experts: [ParameterStore],
    to tower: ParameterStore
  ) {
    for index in entry.range {
      let base = Double(tower.pointer[index])
      let sum = experts.reduce(0.0) { $0 + (Double($1.pointer[index]) - base) }
      tower.pointer[index] = Float(base + scalingCoefficient * sum)
    }
  }
}
