import ArgumentParser
import Examinations

/// The options that all training commands share.
struct TrainingOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Seed of the order of images (default: drawn and recorded).", valueName: "n")
  )
  var seed: UInt64?

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
    guard seed ?? 0 <= UInt64(Int64.max) else {
      throw ValidationError("--seed is \(seed ?? 0), expected at most \(Int64.max).")
    }
    if checkpointEvery < 1 {
      throw ValidationError("--checkpoint-every is \(checkpointEvery), expected 1 or more.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  /// The course that the options describe.
  func course(
    steps: Int, rate: Double, batch: Int, schedule fallback: ScheduleName
  ) -> TrainingCourse {
    var course = TrainingCourse(
      steps: steps, learningRate: rate, batch: batch, schedule: schedule ?? fallback)
    course.accumulation = accumulate
    course.warmupSteps = warmup
    course.weightDecay = weightDecay
    course.seed = seed
    course.threads = threads
    course.checkpointEvery = checkpointEvery
    course.resumes = resume
    return course
  }
}
