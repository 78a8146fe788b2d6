import Tensors

/// Fine-tunes a vision tower against a frozen zero-shot head.
///
/// Minimises the cross entropy of the head's classes; every tensor of the tower is trained.
/// The bits of a run depend on the parameters, the data and ``TrainingSettings``, not on threads.
///
///     let trainer = try TowerTrainer(
///       shape: shape, parameters: { try tensors.tensor($0.role, shape: $0.shape) }, head: head,
///       data: data, settings: settings)
///     try trainer.run(steps: 300) { report in ... }
public final class TowerTrainer {
  /// The dimensions of the tower.
  public let shape: TrainableTowerShape
  /// The parameters as they are now, under the family's names.
  public let parameters: ParameterStore
  let loop: TrainingLoop
  private let head: ZeroShotHead

  /// A run that has not begun.
  ///
  /// - Parameters:
  ///   - parameters: gives the tensors of ``TrainableTowerShape/layout``.
  ///   - labelSmoothing: share of the target that is spread over all classes.
  /// - Throws: what `parameters` throws; ``TrainingError``.
  public init(
    shape: TrainableTowerShape, parameters: ParameterSource, head: ZeroShotHead,
    data: any TrainingData, labelSmoothing: Double = 0, settings: TrainingSettings
  ) throws {
    self.shape = shape
    self.head = head
    self.parameters = try ParameterStore(shape.layout, from: parameters)
    loop = try TrainingLoop(
      shape: shape, tasks: [TrainingTask(name: head.name, data: data, head: head)],
      stores: [self.parameters], objective: .labels(smoothing: labelSmoothing),
      settings: settings)
  }

  /// Steps finished so far.
  public var step: Int { loop.step }

  /// Trains one step.
  ///
  /// - Throws: what the data throws; ``TrainingError/labelOutOfRange(sample:expected:actual:)``,
  ///   ``TrainingError/nonFiniteLoss(step:sample:)``. The parameters are then those before the step.
  public func trainStep() throws -> StepReport {
    let model = TowerModel(shape, parameters, pool: loop.pool)
    return try loop.trainStep(model) { gradients in
      GradientTargets(tower: gradients[0].pointer)
    }
  }
  /// Leaves a step's gradients in the loop without changing a parameter.
  package func gradients() throws -> (loss: Double, tower: [Float]) {
    let model = TowerModel(shape, parameters, pool: loop.pool)
    let losses = try loop.accumulateGradients(model) { GradientTargets(tower: $0[0].pointer) }
    let share = 1 / Double(loop.settings.batchSize * loop.settings.accumulation)
    return (losses.reduce(0, +) * share, loop.gradient(ofStore: 0))
  }
}
