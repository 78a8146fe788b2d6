import Checkpoints
import Documents
import Foundation
import ModelMerging
import Probes
import RoutedModels
import Training
import VisionTransformers

/// Makes experts of one base model: opens what they share, trains one run after another.
///
/// `routemark finetune` makes one expert, `routemark null train` many; both the same way.
struct ExpertTraining {
  /// What one run does.
  struct Job {
    let images: TaskImages
    /// The place of the task in the cache.
    let task: Int
    let settings: TrainingSettings
    let schedule: ScheduleName
    let labelSmoothing: Double
    /// Who answers in place of the images' labels.
    var teacher: Teacher?
    let elementType: ModelElementType
    let output: String
  }

  let folder: ModelFolder
  let heads: HeadFile
  private let tensors: CheckpointTensors
  private let cache: PixelCache

  /// Opens the base model.
  ///
  /// - Parameter tasks: all tasks there will be jobs of, which share the cache of pixels.
  /// - Throws: ``TrainingInputError/notAPlainTower(model:)``.
  init(
    base folder: ModelFolder, heads: HeadFile, tasks: [TaskImages]
  ) throws(TrainingInputError) {
    guard case .tower(let tensors) = folder.form else {
      throw .notAPlainTower(model: folder.path)
    }
    self.folder = folder
    self.heads = heads
    self.tensors = tensors
    cache = PixelCache(sampleCounts: tasks.map(\.source.samples.count))
  }

  /// Trains and writes an expert.
  ///
  /// - Returns: the run; its outcome is `nil` when the expert was complete before.
  func run(
    _ job: Job, _ handling: TrainingRun.Handling, label: String, examiner: Examiner
  ) throws -> (run: TrainingRun, outcome: TrainingOutcome?) {
    let record = try TrainingRecord(
      .finetune, model: folder.digest(), head: heads, tasks: [job.images],
      settings: job.settings, schedule: job.schedule, tool: examiner.tool,
      labelSmoothing: job.labelSmoothing,
      teacher: job.teacher?.folder.digest())
    let run = try TrainingRun(record, output: job.output, handling)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let trainer = try trainer(job, examiner: examiner)
      outcome = try run.train(trainer, label: label, examiner: examiner)
      try write(
        trainer.parameters, record, job, to: run.output, replacing: handling.force)
    }
    try run.finish()
    return (run, outcome)
  }

  /// Images that this machine trains on by second, from two steps that are thrown away.
  func measuredSpeed(_ job: Job, examiner: Examiner) throws -> Double {
    let trainer = try trainer(job, examiner: examiner)
    // The first step touches all memory for the first time and tells too little.
    if job.settings.schedule.totalSteps > 1 { _ = try trainer.trainStep() }
    let clock = ContinuousClock()
    let start = clock.now
    let report = try trainer.trainStep()
    return Double(report.samples) / max((clock.now - start) / .seconds(1), 1e-9)
  }

  private func trainer(_ job: Job, examiner: Examiner) throws -> TowerTrainer {
    let head = try heads.head(of: job.images.name, width: folder.configuration.projectionSize)
    let targets = try TargetSource(job.teacher).targets(
      of: job.images, head: head, examiner: examiner)
    let data = ProbeTrainingData(job.images, targets: targets, cache: cache, task: job.task)
    return try TowerTrainer(
      shape: TrainableTowerShape(folder.configuration, file: folder.path),
      parameters: { try tensors.tensor($0.role, shape: $0.shape) }, head: head.trainable,
      data: data,
      labelSmoothing: job.labelSmoothing, settings: job.settings)
  }

  private func write(
    _ parameters: ParameterStore, _ record: TrainingRecord, _ job: Job, to output: String,
    replacing: Bool
  ) throws {
    var keys = try record.configuration(
      after: (folder.path as NSString).appendingPathComponent("config.json"))
    keys.state(job.elementType.elementType)
    try folder.write(
      to: output, tensors: tensors, replacingTensors: parameters.valuesByName,
      elementType: job.elementType.elementType, configuration: keys, replacing: replacing)
  }
}
