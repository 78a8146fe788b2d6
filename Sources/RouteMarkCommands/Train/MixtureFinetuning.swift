import Checkpoints
import Foundation
import ModelMerging
import Training

/// `routemark finetune` of a merged model: all experts' task vectors, and the gates unless frozen.
///
/// Base MLPs and everything outside the MLPs stay. The output is a full merge, also of a recipe: its
/// experts are nobody's files any more.
struct MixtureFinetuning {
  let command: FinetuneCommand
  let folder: ModelFolder

  func run() throws {
    let heads = try HeadFile(path: command.head)
    let images = try TaskImages.open(command.data, for: folder)
    let settings = try command.training.settings(
      steps: command.steps, rate: command.lr, batch: command.batch, schedule: .cosine)
    let record = try TrainingRecord(
      .finetune, model: folder.digest(), head: heads, tasks: images, settings: settings,
      schedule: command.training.schedule ?? .cosine, labelSmoothing: command.labelSmoothing,
      frozenGates: command.frozenGates)
    let run = try TrainingRun(
      record, output: command.output, options: command.training, force: command.outputs.force)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let trainer = try GateTrainer(
        fineTuning: folder.mergeable(),
        tasks: folder.trainingTasks(images, heads, labelled: true),
        freezingGates: command.frozenGates, labelSmoothing: command.labelSmoothing,
        settings: settings)
      outcome = try run.train(trainer, label: "fine-tuning", quiet: command.common.quiet)
      try write(trainer.model, record, to: run.output)
    }
    try run.finish()
    let digest = try ModelFolder(path: run.output).digest()
    try TrainingSummary(run, digest: digest, outcome: outcome).print(command.common)
    Console.current.note(
      "next: routemark capture --model \(command.output) --suite suite.json "
        + "-o x.trace.safetensors")
  }

  private func write(
    _ model: MergeableModel, _ record: TrainingRecord, to output: String
  ) throws {
    var keys = try record.configuration(
      after: (folder.path as NSString).appendingPathComponent("config.json"))
    keys["torch_dtype"] = .string(command.elementType.frameworkName)
    try folder.writeFull(
      to: output,
      replacingTensors: model.taskVectors.valuesByName.merging(model.gates.valuesByName) { $1 },
      elementType: command.elementType.elementType, configuration: keys,
      replacing: command.outputs.force)
  }
}
