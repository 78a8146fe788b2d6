import ModelMerging
import Tensors

/// Trains a WEMoE's gates, its MLPs' task vectors, or both; the base MLPs and everything outside the
/// MLPs stay as they are.
///
/// Adaptation minimises the entropy of zero-shot predictions on unlabelled images of all tasks, and
/// never asks for labels; ``init(fineTuning:tasks:freezingGates:labelSmoothing:settings:)`` minimises
/// the cross entropy of labels. Loss of a step: the sum over tasks of the mean over the task's batch.
public final class GateTrainer {
  /// What is trained.
  public enum Scope: String, Sendable, CaseIterable {
    /// Gates only: adaptation.
    case gates
    /// Gates and the MLPs' task vectors.
    case gatesAndTaskVectors
    /// The MLPs' task vectors, under gates that stay.
    case taskVectors
  }

  /// The model, whose gates (and task vectors) change as it is trained.
  public let model: MergeableModel
  /// What is trained.
  public let scope: Scope
  let loop: TrainingLoop
  private let gateLayout: GateLayout
  private let taskVectorLayout: TaskVectorLayout
  private var packed: TowerModel?

  /// A run that has not begun.
  ///
  /// - Parameter objective: entropy unless a test or a study wants the labels' cross entropy.
  /// - Throws: ``TrainingError``.
  package init(
    model: MergeableModel, tasks: [TrainingTask], scope: Scope = .gates,
    objective: Objective, settings: TrainingSettings
  ) throws {
    self.model = model
    self.scope = scope
    gateLayout = GateLayout(model.shape, depth: model.depth, experts: model.experts)
    taskVectorLayout = TaskVectorLayout(model.shape, experts: model.experts)
    let stores =
      switch scope {
      case .gates: [model.gates]
      case .gatesAndTaskVectors: [model.gates, model.taskVectors]
      case .taskVectors: [model.taskVectors]
      }
    loop = try TrainingLoop(
      shape: model.shape, tasks: tasks, stores: stores, objective: objective, settings: settings)
  }

  /// An adaptation that has not begun.
  ///
  /// - Throws: ``TrainingError``.
  public convenience init(
    model: MergeableModel, tasks: [TrainingTask], scope: Scope = .gates,
    settings: TrainingSettings
  ) throws {
    try self.init(
      model: model, tasks: tasks, scope: scope, objective: .entropy, settings: settings)
  }

  /// Steps finished so far.
  public var step: Int { loop.step }

  /// Trains one step.
  ///
  /// - Throws: what the data throws; ``TrainingError/nonFiniteLoss(step:sample:)``. The parameters
  ///   are then those before the step.
  public func trainStep() throws -> StepReport {
    let packed = packedModel()
    return try loop.trainStep(packed, targets: targets())
  }

  /// Leaves a step's gradients in the loop without changing a parameter; what is frozen has none.
  package func gradients() throws -> (loss: Double, gates: [Float]?, taskVectors: [Float]?) {
    let losses = try loop.accumulateGradients(packedModel(), targets: targets())
    let share = 1 / Double(loop.settings.batchSize * loop.settings.accumulation)
    let last = loop.stores.count - 1
    return (
      losses.reduce(0, +) * share, scope == .taskVectors ? nil : loop.gradient(ofStore: 0),
      scope == .gates ? nil : loop.gradient(ofStore: last)
    )
  }

  private func targets() -> @Sendable ([FloatStorage]) -> GradientTargets {
    let (scope, layout) = (scope, taskVectorLayout)
    return { gradients in
      switch scope {
      case .gates: GradientTargets(gates: gradients[0].pointer)
      case .gatesAndTaskVectors:
        GradientTargets(
          gates: gradients[0].pointer, taskVectors: (gradients[1].pointer, layout))
      case .taskVectors: GradientTargets(taskVectors: (gradients[0].pointer, layout))
      }
    }
  }

  private func packedModel() -> TowerModel {
    let gates = PackedGates(
      gateLayout, model.gates, depth: model.depth, experts: model.experts,
      routing: model.routing, width: model.shape.width, pool: loop.pool)
    let current: TowerModel
    if let packed {
      current = TowerModel(
        packed, mergedMLPs: scope == .gates ? nil : mergedMLPs(), gates: gates)
    } else {
      current = TowerModel(
        model.shape, model.tower, pool: loop.pool, mergedMLPs: mergedMLPs(), gates: gates)
    }
    packed = current
    return current
  }

  private func mergedMLPs() -> [TowerModel.MLP] {
    let model = model
    let tower = TowerLayout(model.shape)
    let taskVectors = taskVectorLayout
    return loop.pool.map(model.shape.layers) { layer in
      let base = tower.layers[layer].mlp
      let experts = taskVectors.layers[layer]
      let width = model.shape.width
      let mlpWidth = model.shape.mlpWidth
      return .merged(
        fc1: MergedLinear(
          base: model.tower.pointer, weight: base.fc1Weight, bias: base.fc1Bias,
          taskVectors: model.taskVectors.pointer,
          offsets: experts.map { ($0.fc1Weight, $0.fc1Bias) }, outputs: mlpWidth, inputs: width),
        fc2: MergedLinear(
          base: model.tower.pointer, weight: base.fc2Weight, bias: base.fc2Bias,
          taskVectors: model.taskVectors.pointer,
          offsets: experts.map { ($0.fc2Weight, $0.fc2Bias) }, outputs: width, inputs: mlpWidth))
    }
  }
}

extension MergedLinear {
  fileprivate init(
    base: UnsafePointer<Float>, weight: Int, bias: Int, taskVectors: UnsafePointer<Float>,
    offsets: [(weight: Int, bias: Int)], outputs: Int, inputs: Int
  ) {
    let experts = offsets.map {
      PackedLinear(taskVectors + $0.weight, outputs: outputs, inputs: inputs)
    }
    self.init(
      base: PackedLinear(base + weight, outputs: outputs, inputs: inputs), baseBias: base + bias,
      forwardTaskVectors: experts.map(\.forward), backwardTaskVectors: experts.map(\.backward),
      taskVectors: offsets.map { taskVectors + $0.weight },
      taskVectorBiases: offsets.map { taskVectors + $0.bias })
  }
}
