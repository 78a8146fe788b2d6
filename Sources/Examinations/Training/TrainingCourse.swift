import Tensors
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
  /// Seed of the order of images, at most 2^63 - 1; drawn from the system, and recorded, when `nil`.
  public var seed: UInt64?
  /// Threads, on which results do not depend; as many as there are processors when `nil`.
  public var threads: Int?
  /// The kernels, on which the last bits depend; the best that the machine has when `nil`.
  public var instructions: InstructionSet?
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

  /// The seed that was given, that of the run which is gone on with, or a new one from the system.
  ///
  /// - Throws: `DocumentError`, `FileError` when the record of a run cannot be read.
  func seed(for output: OutputPlace, _ examiner: Examiner) throws -> UInt64 {
    if let seed { return seed }
    if resumes, let begun = try TrainingRun.begunRecord(of: output.path) { return begun.seed }
    let seed = SystemSeed.draw()
    examiner.note("seed \(seed), drawn from the system")
    return seed
  }

  /// What the trainer is told.
  ///
  /// - Throws: `TrainingError.invalidHyperparameter`.
  func settings(seed: UInt64) throws -> TrainingSettings {
    let schedule = try LearningRateSchedule(
      schedule.form, peak: learningRate, warmupSteps: warmupSteps, totalSteps: steps)
    var settings = try TrainingSettings(
      batchSize: batch, accumulation: accumulation, schedule: schedule,
      optimizer: AdamOptimizer(weightDecay: weightDecay), seed: seed, threads: threads)
    settings.instructions = instructions
    return settings
  }

  /// What happens to outputs and states that are there already.
  func handling(_ output: OutputPlace) -> TrainingRun.Handling {
    TrainingRun.Handling(
      interval: checkpointEvery, resumes: resumes, force: output.replacing)
  }
}
