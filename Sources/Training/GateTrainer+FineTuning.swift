extension GateTrainer {
  /// A fine-tuning of a merged model that has not begun: the paper's post-merging adaptation, in which
  /// "expert parameters continue to evolve" (section 5.3).
  ///
  /// Minimises the sum over tasks of the mean cross entropy of the task's batch against its frozen
  /// head. The task vectors of all experts are trained, and the gates with them unless they are
  /// frozen. The bits of a run depend on model, data and settings, not on threads.
  ///
  /// - Parameters:
  ///   - freezingGates: whether the gates stay as they are.
  ///   - labelSmoothing: share of the target that is spread over all classes.
  /// - Throws: ``TrainingError``.
  public convenience init(
    fineTuning model: MergeableModel, tasks: [TrainingTask], freezingGates: Bool = false,
    labelSmoothing: Double = 0, settings: TrainingSettings
  ) throws {
    try self.init(
      model: model, tasks: tasks, scope: freezingGates ? .taskVectors : .gatesAndTaskVectors,
      objective: .labels(smoothing: labelSmoothing), settings: settings)
  }
}
