import ArgumentParser
import Training

/// The options that all training commands share.
struct TrainingOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Seed of the order of images.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(name: .long, help: "Learning rate over time: constant, cosine or one-cycle.")
  var schedule: ScheduleName?

  @Option(name: .long, help: ArgumentHelp("Steps in which the rate rises.", valueName: "n"))
  var warmup = 0

  @Option(name: .long, help: ArgumentHelp("Decoupled weight decay (AdamW).", valueName: "number"))
  var weightDecay = 0.0

  @Option(name: .long, help: ArgumentHelp("Batches whose gradients are added.", valueName: "n"))
  var accumulate = 1

  @Option(
    name: .long,
    help: ArgumentHelp("Steps between saved states, which --resume uses.", valueName: "n"))
  var checkpointEvery = 100

  @Flag(name: .long, help: "Go on with a run that did not finish.")
  var resume = false

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    // Records of runs hold it as a signed number.
    guard seed <= UInt64(Int64.max) else {
      throw ValidationError("--seed is \(seed), expected at most \(Int64.max).")
    }
    if checkpointEvery < 1 {
      throw ValidationError("--checkpoint-every is \(checkpointEvery), expected 1 or more.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  /// What happens to outputs and states that are there already.
  func handling(force: Bool) -> TrainingRun.Handling {
    TrainingRun.Handling(interval: checkpointEvery, resumes: resume, force: force)
  }

  /// What the trainer is told.
  ///
  /// - Throws: `TrainingError.invalidHyperparameter`.
  func settings(
    steps: Int, rate: Double, batch: Int, schedule fallback: ScheduleName
  ) throws -> TrainingSettings {
    let schedule = try LearningRateSchedule(
      (self.schedule ?? fallback).form, peak: rate, warmupSteps: warmup, totalSteps: steps)
    return try TrainingSettings(
      batchSize: batch, accumulation: accumulate, schedule: schedule,
      optimizer: AdamOptimizer(weightDecay: weightDecay), seed: seed, threads: threads)
  }
}

/// The schedules by their names on the command line.
enum ScheduleName: String, ExpressibleByArgument, CaseIterable {
  case constant, cosine
  case oneCycle = "one-cycle"

  var form: LearningRateSchedule.Form {
    switch self {
    case .constant: .constant
    case .cosine: .cosine(floor: 0)
    case .oneCycle: .oneCycle
    }
  }
}
