import Foundation
import ModelMerging
import Training

/// Trains the gates of one merged model on unlabelled images.
///
/// `routemark adapt` does it for a user's merge, `routemark null merge` for null merges.
struct RouterAdaptation {
  let folder: ModelFolder
  let heads: HeadFile
  let images: [TaskImages]
  let settings: TrainingSettings
  let schedule: ScheduleName
  /// Begin with fresh gates from the settings' seed.
  let fromScratch: Bool
  /// Decoded pixels of `images`, which adaptations of several models share.
  let cache: PixelCache

  /// Trains and writes the adapted model.
  ///
  /// - Returns: the run; its outcome is `nil` when the model was complete before.
  func run(
    output: String, _ handling: TrainingRun.Handling, label: String, examiner: Examiner
  ) throws -> (run: TrainingRun, outcome: TrainingOutcome?) {
    guard folder.mixture != nil else { throw MergeError.notAMixture(path: folder.path) }
    let record = try TrainingRecord(
      .adapt, model: folder.digest(), head: heads, tasks: images, settings: settings,
      schedule: schedule, tool: examiner.tool, fromScratch: fromScratch)
    let run = try TrainingRun(record, output: output, handling)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let trainer = try GateTrainer(
        model: folder.mergeable(gates: fromScratch ? .fresh(seed: settings.seed) : nil),
        tasks: folder.trainingTasks(
          images, heads, towards: .none, cache: cache, examiner: examiner),
        settings: settings)
      outcome = try run.train(trainer, label: label, examiner: examiner)
      try folder.write(
        to: run.output, gates: trainer.model.gates.valuesByName,
        configuration: record.configuration(
          after: (folder.path as NSString).appendingPathComponent("config.json")),
        replacing: handling.force)
    }
    try run.finish()
    return (run, outcome)
  }
}
