import Training

/// How long, how fast and in which order a training goes.
public struct TrainingCourse: Sendable {
  /// Optimiser steps.
  public var steps: Int
  /// The highest learning rate.
  public var learningRate: Double
  /// Images of each task in a batch.
  public var batch: Int
  /// Batches whose gradients are added.
  public var accumulation = 1
  /// The learning rate over time.
  public var schedule: ScheduleName
  /// Steps in which the rate rises.
  public var warmupSteps = 0
  /// Decoupled weight decay (AdamW).
  public var weightDecay = 0.0
  /// Seed of the order of images, at most 2^63 - 1.
  public var seed: UInt64 = 0
  /// Threads, on which results do not depend; as many as there are processors when `nil`.
  public var threads: Int?
  /// Steps between saved states, from which a stopped run goes on.
  public var checkpointEvery = 100
  /// Whether a run that did not finish is gone on with.
  public var resumes = false

  /// A course.
  public init(steps: Int, learningRate: Double, batch: Int, schedule: ScheduleName) {
    self.steps = steps
    self.learningRate = learningRate
    self.batch = batch
    self.schedule = schedule
  }

  /// What the trainer is told.
  ///
  /// - Throws: `TrainingError.invalidHyperparameter`.
  func settings() throws -> TrainingSettings {
    let schedule = try LearningRateSchedule(
      schedule.form, peak: learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    return try TrainingSettings(
      batchSize: batch, accumulation: accumulation, schedule: schedule,
      optimizer: AdamOptimizer(weightDecay: weightDecay), seed: seed, threads: threads)
  }

  /// What happens to outputs and states that are there already.
  func handling(_ output: OutputPlace) -> TrainingRun.Handling {
    TrainingRun.Handling(
      interval: checkpointEvery, resumes: resumes, force: output.replacing)
  }
}
