import Tensors

/// How a run is trained.
///
/// Everything here but ``threads`` decides the run's bits.
public struct TrainingSettings: Sendable, Equatable {
  /// Samples a batch (of each task, when there are several).
  public var batchSize: Int
  /// Batches whose gradients are added before the parameters change.
  public var accumulation: Int
  /// The learning rate of each step.
  public var schedule: LearningRateSchedule
  /// Adam's or AdamW's constants.
  public var optimizer: AdamOptimizer
  /// Seed of the samples' order.
  public var seed: UInt64
  /// Samples that go through the network together on one thread.
  public var shardSize: Int
  /// Gradient sums kept apart.
  ///
  /// Shard i of a step is added to sum i mod `lanes`, and the sums are
  /// added in order at the end, whoever computed them, so the thread count leaves no trace. More
  /// lanes feed more threads and take more memory.
  public var lanes: Int
  /// Threads to use; all processors when `nil`.
  public var threads: Int?
  /// The kernels, on which the last bits depend; the best that the machine has when `nil`.
  public var instructions: InstructionSet?

  /// Checked settings.
  ///
  /// - Throws: ``TrainingError/invalidHyperparameter(name:value:requirement:)``.
  public init(
    batchSize: Int, accumulation: Int = 1, schedule: LearningRateSchedule,
    optimizer: AdamOptimizer, seed: UInt64, shardSize: Int = 8, lanes: Int = 4,
    threads: Int? = nil
  ) throws(TrainingError) {
    let counts = [
      ("batch size", batchSize), ("accumulation", accumulation), ("shard size", shardSize),
      ("lanes", lanes), ("threads", threads ?? 1),
    ]
    for (name, value) in counts where !(1...(1 << 20)).contains(value) {
      throw .invalidHyperparameter(name: name, value: "\(value)", requirement: "1 to 1048576")
    }
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.schedule = schedule
    self.optimizer = optimizer
    self.seed = seed
    self.shardSize = shardSize
    self.lanes = lanes
    self.threads = threads
  }
}

/// What a finished step reports.
///
/// Clocks and rates are the caller's.
public struct StepReport: Sendable, Equatable {
  /// Steps finished so far, this one included.
  public let step: Int
  /// Steps of the whole run, from the schedule.
  public let totalSteps: Int
  /// The mean loss over the step's samples (summed over tasks), before the update.
  public let loss: Double
  /// The learning rate used.
  public let learningRate: Double
  /// Samples seen in this step.
  public let samples: Int
}
