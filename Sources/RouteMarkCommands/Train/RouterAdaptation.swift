import Foundation
import ModelMerging
import Training
import VisionTransformers

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
    output: String, _ handling: TrainingRun.Handling, label: String, quiet: Bool
  ) throws -> (run: TrainingRun, outcome: TrainingOutcome?) {
    guard let mixture = folder.mixture else { throw MergeError.notAMixture(path: folder.path) }
    let record = try TrainingRecord(
      .adapt, model: folder.digest(), head: heads, tasks: images, settings: settings,
      schedule: schedule, fromScratch: fromScratch)
    let run = try TrainingRun(
      record, output: output, handling)
    var outcome: TrainingOutcome?
    if !run.isFinished {
      let trainer = try GateTrainer(
        model: mergeable(mixture), tasks: tasks(), settings: settings)
      outcome = try run.train(trainer, label: label, quiet: quiet)
      try folder.write(
        to: run.output, gates: gateValues(trainer.model.gates),
        configuration: record.configuration(
          after: (folder.path as NSString).appendingPathComponent("config.json")),
        replacing: handling.force)
    }
    try run.finish()
    return (run, outcome)
  }

  private func tasks() throws -> [TrainingTask] {
    try images.enumerated().map { index, images in
      TrainingTask(
        name: images.name,
        data: ProbeTrainingData(images, targets: [], cache: cache, task: index),
        head: try heads.head(of: images.name, width: folder.configuration.projectionSize)
          .trainable)
    }
  }

  /// The model in memory, with its own gates or fresh ones.
  private func mergeable(_ mixture: MixtureConfiguration) throws -> MergeableModel {
    guard let depth = GateDepth(rawValue: mixture.gateDepth) else {
      throw MergeError.unsupportedGateDepth(depth: mixture.gateDepth)
    }
    return try MergeableModel(
      merged: { name, shape in try folder.mixtureTensor(name, shape: shape) },
      shape: TrainableTowerShape(folder.configuration, file: folder.path),
      experts: mixture.experts.count, routing: mixture.routing,
      depth: depth, gates: fromScratch ? .fresh(seed: settings.seed) : nil)
  }

  private func gateValues(_ gates: ParameterStore) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: gates.layout.entries.map { ($0.name, gates.values($0)) })
  }
}
