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
    let missing = (0..<total).filter { turn in
      let (index, task) = turn.quotientAndRemainder(dividingBy: images.count)
      return !isFinished(pool.expert(images[task].name, index))
    }
    let cost = try missing.first.map { try self.cost(of: missing, first: $0, in: pool) }
    for (done, turn) in missing.enumerated() {
      let (index, task) = turn.quotientAndRemainder(dividingBy: images.count)
      let left = done > 0 ? cost.map { ", about \($0.words(for: missing.count - done)) left" } : nil
      examiner.note(
        "[\(turn + 1)/\(total)] \(images[task].name) \(index)\(left ?? "")")
      try add(task: task, index: index, to: &pool)
    }
    return pool
  }

  /// Measures how fast this machine trains and says what the whole will take, before it begins.
  private func cost(of missing: [Int], first: Int, in pool: NullPool) throws -> NullCost {
    let (index, task) = first.quotientAndRemainder(dividingBy: images.count)
    let job = try job(task: task, pool.recipe(task: task, index: index), output: "")
    let cost = NullCost(
      imagesPerExpert: pool.distribution.images,
      imagesPerSecond: try training.measuredSpeed(job, examiner: examiner))
    examiner.note(
      "\(missing.count) experts on \(cost.imagesPerExpert) images each: "
        + "about \(cost.words(for: missing.count)), at \(cost.speedWords) images per second")
    return cost
  }

  private func job(
    task: Int, _ recipe: TrainingRecipe, output: String
  ) throws -> ExpertTraining.Job {
    ExpertTraining.Job(
      images: images[task], task: task, settings: try recipe.settings(threads: threads),
      schedule: .cosine, labelSmoothing: recipe.labelSmoothing, elementType: .f16,
      output: output)
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
      job(task: task, recipe, output: output),
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

/// How long the missing experts of a pool take.
struct NullCost {
  /// Images that an expert is trained on.
  let imagesPerExpert: Int
  /// Images that this machine trains on by second.
  let imagesPerSecond: Double

  /// Hours and minutes of so many experts, or seconds when these are few.
  func words(for experts: Int) -> String {
    let seconds = Double(experts * imagesPerExpert) / max(imagesPerSecond, 1e-9)
    if seconds < 120 { return "\(max(1, Int(seconds.rounded()))) s" }
    let minutes = Int((min(seconds, 1e9) / 60).rounded())
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// The speed with two digits or more.
  var speedWords: String {
    imagesPerSecond < 10
      ? String(format: "%.1f", imagesPerSecond) : "\(Int(imagesPerSecond.rounded()))"
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
