import Checkpoints
import Documents
import Foundation
import ModelMerging
import Probes
import Training

/// Trains all experts' task vectors of a merged model, and the gates unless they are frozen.
///
/// Base MLPs and everything outside the MLPs stay. The output is a full merge, also of a recipe: its
/// experts are nobody's files any more.
struct MixtureFinetuning {
  let folder: ModelFolder
  let heads: HeadFile
  let images: [TaskImages]
  let settings: TrainingSettings
  let schedule: ScheduleName
  let labelSmoothing: Double
  let frozenGates: Bool
  /// Who answers in place of the images' labels.
  let teacher: Teacher?
  let elementType: ModelElementType

  /// Trains and writes the model.
  ///
  /// - Returns: the run; its outcome is `nil` when the model was complete before.
  func run(
    output: String, _ handling: TrainingRun.Handling, label: String, examiner: Examiner
  ) throws -> (run: TrainingRun, outcome: TrainingOutcome?) {
    let record = try TrainingRecord(
      .finetune, model: folder.digest(), head: heads, tasks: images, settings: settings,
      schedule: schedule, tool: examiner.tool, labelSmoothing: labelSmoothing,
      frozenGates: frozenGates,
      teacher: teacher?.folder.digest())
    let run = try TrainingRun(record, output: output, handling)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let tasks = try folder.trainingTasks(
        images, heads, towards: TargetSource(teacher),
        cache: PixelCache(sampleCounts: images.map(\.source.samples.count)), examiner: examiner)
      let trainer = try GateTrainer(
        fineTuning: folder.mergeable(), tasks: tasks, freezingGates: frozenGates,
        labelSmoothing: labelSmoothing, settings: settings)
      outcome = try run.train(trainer, label: label, examiner: examiner)
      try write(trainer.model, record, to: run.output, replacing: handling.force)
    }
    try run.finish()
    return (run, outcome)
  }

  private func write(
    _ model: MergeableModel, _ record: TrainingRecord, to output: String, replacing: Bool
  ) throws {
    var keys = try record.configuration(
      after: (folder.path as NSString).appendingPathComponent("config.json"))
    keys.state(elementType.elementType)
    try folder.writeFull(
      to: output,
      replacingTensors: model.taskVectors.valuesByName.merging(model.gates.valuesByName) { $1 },
      elementType: elementType.elementType, configuration: keys, replacing: replacing)
  }
}
