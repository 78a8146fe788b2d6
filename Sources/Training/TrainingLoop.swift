import Tensors

/// A named task: images and the zero-shot head that classifies them.
public struct TrainingTask: Sendable {
  /// The task's name, for messages.
  public let name: String
  /// Its images, and labels where the objective needs them.
  public let data: any TrainingData
  /// Its frozen head.
  public let head: ZeroShotHead

  /// A task.
  public init(name: String, data: any TrainingData, head: ZeroShotHead) {
    self.name = name
    self.data = data
    self.head = head
  }
}

/// What fine-tuning and adaptation have in common: sampling, losses, lanes and the optimiser.
final class TrainingLoop {
  let pool: WorkerPool
  let settings: TrainingSettings
  let stores: [ParameterStore]
  var moments: [AdamMoments]
  var step = 0
  let shape: TrainableTowerShape
  let tasks: [TrainingTask]
  let objective: Objective
  private let loader: BatchLoader
  private var orders: [ShuffledOrder]
  private var lanes: GradientLanes?

  init(
    shape: TrainableTowerShape, tasks: [TrainingTask], stores: [ParameterStore],
    objective: Objective, settings: TrainingSettings
  ) throws(TrainingError) {
    for task in tasks {
      guard task.head.width == shape.projection else {
        throw .headWidth(
          head: task.head.name, expected: shape.projection, actual: task.head.width)
      }
      guard task.data.count >= settings.batchSize else {
        throw .tooFewSamples(
          task: task.name, expected: settings.batchSize, actual: task.data.count)
      }
    }
    pool = WorkerPool(threads: settings.threads)
    self.shape = shape
    self.tasks = tasks
    self.stores = stores
    self.objective = objective
    self.settings = settings
    moments = stores.map { AdamMoments(count: $0.layout.count) }
    loader = BatchLoader(
      tasks.map(\.data), pixelCount: shape.pixelCount, threads: pool.threads)
    orders = tasks.enumerated().map { index, task in
      var generator = SeededGenerator(seed: settings.seed, stream: UInt64(index))
      return ShuffledOrder(count: task.data.count, seed: generator.next())
    }
  }

  /// One optimiser step with the packed `model`; `targets` says which store each gradient is.
  func trainStep(
    _ model: TowerModel, targets: @Sendable ([FloatStorage]) -> GradientTargets
  ) throws -> StepReport {
    let losses = try accumulateGradients(model, targets: targets)
    let rate = settings.schedule.rate(at: step)
    update(rate: rate)
    step += 1
    let share = 1 / Double(settings.batchSize * settings.accumulation)
    return StepReport(
      step: step, totalSteps: settings.schedule.totalSteps,
      loss: losses.reduce(0, +) * share, learningRate: rate, samples: losses.count)
  }

  /// Leaves the step's gradients in the lanes.
  func accumulateGradients(
    _ model: TowerModel, targets: @Sendable ([FloatStorage]) -> GradientTargets
  ) throws -> [Double] {
    let lanes =
      self.lanes
      ?? GradientLanes(
        model, storeCounts: stores.map(\.layout.count), heads: tasks.map(\.head),
        objective: objective, settings: settings, pool: pool)
    self.lanes = lanes
    lanes.reset()
    var losses: [Double] = []
    for batch in 0..<settings.accumulation {
      let number = step * settings.accumulation + batch
      let items = items(ofBatch: number)
      let samples = try items.map { try sample($0) }
      let pixels = try loader.pixels(of: items, then: self.items(ofBatch: number + 1))
      losses += lanes.accumulate(model, pixels: pixels, samples: samples, targets: targets)
    }
    if let sample = losses.firstIndex(where: { !$0.isFinite }) {
      throw TrainingError.nonFiniteLoss(step: step, sample: sample)
    }
    return losses
  }

  /// The gradient of a store, lanes added, as the optimiser would add them.
  func gradient(ofStore store: Int) -> [Float] {
    var total = [Float](repeating: 0, count: stores[store].layout.count)
    guard let lanes else { return total }
    for (lane, gradient) in lanes.gradients(ofStore: store).enumerated() {
      for i in total.indices { total[i] = lane == 0 ? gradient[i] : total[i] + gradient[i] }
    }
    return total
  }

  private func update(rate: Double) {
    guard let lanes else { return }
    let number = step + 1
    let optimizer = settings.optimizer
    for (index, store) in stores.enumerated() {
      let gradients = ConcurrentList(lanes.gradients(ofStore: index))
      let parameters = ConcurrentBuffer(base: store.pointer)
      let moments = moments[index]
      pool.split(store.layout.count) { _, range in
        optimizer.update(
          parameters.base, moments: moments, lanes: gradients.pointers, range: range, rate: rate,
          step: number)
      }
    }
  }

  /// A batch takes `batchSize` samples of every task, in the tasks' order.
  private func items(ofBatch number: Int) -> [BatchItem] {
    tasks.indices.flatMap { task in
      orders[task].indices(from: number * settings.batchSize, count: settings.batchSize)
        .map { BatchItem(task: task, index: $0) }
    }
  }

  private func sample(_ item: BatchItem) throws(TrainingError) -> ShardSample {
    let share = 1 / Double(settings.batchSize * settings.accumulation)
    guard case .crossEntropy = objective else {
      return ShardSample(head: item.task, target: .label(0), share: share)
    }
    let target = tasks[item.task].data.target(of: item.index)
    let classes = 0..<tasks[item.task].head.classes
    switch target {
    case .label(let label):
      guard classes.contains(label) else {
        throw .labelOutOfRange(sample: item.index, expected: classes, actual: label)
      }
    case .probabilities(let probabilities):
      guard probabilities.count == classes.count else {
        throw .teacherClasses(
          sample: item.index, expected: classes.count, actual: probabilities.count)
      }
    }
    return ShardSample(head: item.task, target: target, share: share)
  }
}

/// Read-only pointers that several threads read.
struct ConcurrentList: @unchecked Sendable {
  let pointers: [UnsafePointer<Float>]

  init(_ pointers: [UnsafePointer<Float>]) { self.pointers = pointers }
}
