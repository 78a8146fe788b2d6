import Foundation
import ModelMerging
import RoutedModels
import Testing
import Training

/// Fine-tuning of a merged model: bits, resuming, and what is frozen.
@Suite struct MixtureFineTuningTests {
  private func trainer(
    _ settings: TrainingSettings, freezingGates: Bool = false, labelSmoothing: Double = 0
  ) throws -> GateTrainer {
    let shape = try tinyShape()
    let tiny = try TinyMerge(shape, depth: .hidden, routing: .softmax, seed: 71)
    let tasks = try (0..<2).map { task in
      let (head, _) = try randomHead(
        classes: 3 + task, width: shape.projection, seed: 73 + UInt64(task))
      return TrainingTask(
        name: "task \(task)",
        data: MemoryData(count: 11, shape: shape, classes: 3, seed: 75 + UInt64(task)),
        head: head)
    }
    return try GateTrainer(
      fineTuning: tiny.model, tasks: tasks, freezingGates: freezingGates,
      labelSmoothing: labelSmoothing, settings: settings)
  }

  private func bits(_ trainer: GateTrainer) -> [[UInt32]] {
    [trainer.model.gates, trainer.model.taskVectors, trainer.model.tower].map { store in
      store.layout.entries.flatMap { store.values($0).map(\.bitPattern) }
    }
  }

  @Test(arguments: [2, 3, 7], [false, true])
  func aRunHasTheSameBitsOnAnyNumberOfThreads(threads: Int, freezingGates: Bool) throws {
    let one = try trainer(
      testSettings(batchSize: 7, threads: 1), freezingGates: freezingGates)
    let many = try trainer(
      testSettings(batchSize: 7, threads: threads), freezingGates: freezingGates)
    var losses: [[Double]] = [[], []]
    try one.run(steps: 3) { losses[0].append($0.loss) }
    try many.run(steps: 3) { losses[1].append($0.loss) }
    #expect(losses[0] == losses[1])
    #expect(bits(one) == bits(many))
  }

  @Test(arguments: [false, true])
  func onlyWhatIsTrainedChangesAndTheLossFalls(freezingGates: Bool) throws {
    let trainer = try trainer(
      testSettings(batchSize: 11, steps: 30, rate: 1e-2), freezingGates: freezingGates)
    let before = bits(trainer)
    var losses: [Double] = []
    try trainer.run(steps: 30) { losses.append($0.loss) }
    let after = bits(trainer)
    #expect(losses[29] < 0.5 * losses[0])
    #expect((before[0] == after[0]) == freezingGates)
    #expect(before[1] != after[1])
    #expect(before[2] == after[2])
  }

  @Test(arguments: [false, true])
  func aResumedRunHasTheBitsOfAnUninterruptedOne(freezingGates: Bool) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-\(UUID().uuidString).state").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try testSettings(batchSize: 3, steps: 5)
    let whole = try trainer(settings, freezingGates: freezingGates)
    try whole.run(steps: 5)
    try trainer(settings, freezingGates: freezingGates)
      .run(steps: 2, saving: StateSaving(path: path, interval: 2))
    let resumed = try trainer(settings, freezingGates: freezingGates)
    try resumed.resume(from: path)
    #expect(resumed.step == 2)
    try resumed.run(steps: 3)
    #expect(bits(resumed) == bits(whole))
  }

  @Test func aShareOfSmoothingThatIsNoneIsRefused() throws {
    for smoothing in [-0.1, 1] {
      #expect(throws: TrainingError.self) {
        try trainer(testSettings(batchSize: 2), labelSmoothing: smoothing)
      }
    }
  }
}
