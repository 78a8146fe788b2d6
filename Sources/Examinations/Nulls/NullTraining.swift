import Checkpoints
import Diagnostics
import Files
import Foundation
import ModelMerging
import NullPools
import Probes
import Training

/// Trains a pool's missing experts, round robin over the tasks, and keeps the manifest up to date.
struct NullTraining {
  let training: ExpertTraining
  let images: [TaskImages]
  let place: NullPoolFolder
  let checkpointEvery: Int
  let threads: Int?
  let examiner: Examiner

  /// Trains until there are `count` experts of every task.
  ///
  /// - Parameter stated: the pool that the command line asks for, without experts.
  /// - Returns: the pool with all its experts.
  /// - Throws: `NullPoolError` when the folder holds another pool.
  func run(continuing stated: NullPool, to count: Int) throws -> NullPool {
    var pool = stated
    if place.exists {
      pool = try place.read()
      try pool.require(sameAs: stated, in: place.path)
    }
    try Folder.make(place.resolve("experts"))
    if !place.exists { try place.write(pool) }
    let total = count * images.count
    for turn in 0..<total {
      let (index, task) = turn.quotientAndRemainder(dividingBy: images.count)
      guard !isFinished(pool.expert(images[task].name, index)) else { continue }
      examiner.note("[\(turn + 1)/\(total)] \(images[task].name) \(index)")
      try add(task: task, index: index, to: &pool)
    }
    return pool
  }

  private func isFinished(_ expert: NullPool.Expert?) -> Bool {
    guard let expert else { return false }
    return FileManager.default.fileExists(atPath: place.resolve("\(expert.path)/config.json"))
  }

  private func add(task: Int, index: Int, to pool: inout NullPool) throws {
    let recipe = pool.recipe(task: task, index: index)
    let name = images[task].name
    let path = NullPoolFolder.expertPath(task: name, index: index)
    let output = place.resolve(path)
    _ = try training.run(
      ExpertTraining.Job(
        images: images[task], task: task, settings: recipe.settings(threads: threads),
        schedule: .cosine, labelSmoothing: recipe.labelSmoothing, elementType: .f16,
        output: output),
      TrainingRun.Handling(interval: checkpointEvery, resumes: true, force: false),
      label: "\(name) \(index)", examiner: examiner)
    pool.experts.removeAll { $0.task == name && $0.index == index }
    pool.add(
      NullPool.Expert(
        task: name, index: index, path: path, sha256: try ModelFolder(path: output).digest(),
        recipe: recipe))
    try place.write(pool)
  }
}

extension TrainingRecipe {
  /// What the trainer is told.
  ///
  /// - Throws: `TrainingError.invalidHyperparameter`.
  func settings(threads: Int?) throws -> TrainingSettings {
    let schedule = try LearningRateSchedule(
      .cosine(floor: 0), peak: learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    return try TrainingSettings(
      batchSize: batch, schedule: schedule, optimizer: AdamOptimizer(weightDecay: weightDecay),
      seed: seed, threads: threads)
  }
}

extension NullPool {
  /// The tasks of opened images.
  static func tasks(_ images: [TaskImages]) throws -> [Task] {
    try images.map {
      Task(name: $0.name, samples: $0.source.samples.count, sha256: try $0.digest())
    }
  }
}
