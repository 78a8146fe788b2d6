import ModelMerging
import Tensors

/// Adapts a WEMoE's gates by minimising the entropy of its zero-shot predictions on unlabelled
/// images of all tasks; base and experts stay as they are.
///
/// Loss of a step: the sum over tasks of the mean entropy of the task's batch. Labels are never
/// asked for.
public final class GateTrainer {
  /// What else than the gates is trained.
  public enum Scope: String, Sendable, CaseIterable {
    /// Gates only: adaptation.
    case gates
    /// Gates and the MLPs' task vectors.
    case gatesAndTaskVectors
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
    loop = try TrainingLoop(
      shape: model.shape, tasks: tasks,
      stores: scope == .gates ? [model.gates] : [model.gates, model.taskVectors],
      objective: objective, settings: settings)
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

  /// Leaves a step's gradients in the loop without changing a parameter.
  package func gradients() throws -> (loss: Double, gates: [Float], taskVectors: [Float]?) {
    let losses = try loop.accumulateGradients(packedModel(), targets: targets())
    let share = 1 / Double(loop.settings.batchSize * loop.settings.accumulation)
    return (
      losses.reduce(0, +) * share, loop.gradient(ofStore: 0),
      scope == .gates ? nil : loop.gradient(ofStore: 1)
    )
  }

  private func targets() -> @Sendable ([FloatStorage]) -> GradientTargets {
    let layout = scope == .gates ? nil : taskVectorLayout
    return { gradients in
      GradientTargets(
        gates: gradients[0].pointer,
        taskVectors: layout.map { (gradients[1].pointer, $0) })
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
