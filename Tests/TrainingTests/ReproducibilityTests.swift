import Checkpoints
import Foundation
import ModelMerging
import RoutedModels
import Testing
import Training

@Suite struct ReproducibilityTests {
  private func tower(
    _ settings: TrainingSettings, smoothing: Double = 0.1
  ) throws -> TowerTrainer {
    let shape = try tinyShape()
    let (head, _) = try randomHead(classes: 4, width: shape.projection, seed: 43)
    return try TowerTrainer(
      shape: shape, parameters: source(randomParameters(shape.layout, seed: 41)), head: head,
      data: MemoryData(count: 23, shape: shape, classes: 4, seed: 42),
      labelSmoothing: smoothing, settings: settings)
  }

  private func gates(_ settings: TrainingSettings) throws -> GateTrainer {
    let shape = try tinyShape()
    let tiny = try TinyMerge(shape, depth: .hidden, routing: .softmax, seed: 51)
    let tasks = try (0..<2).map { task in
      let (head, _) = try randomHead(
        classes: 3 + task, width: shape.projection, seed: 53 + UInt64(task))
      return TrainingTask(
        name: "task \(task)",
        data: MemoryData(count: 11, shape: shape, classes: 3, seed: 55 + UInt64(task)),
        head: head)
    }
    return try GateTrainer(
      model: tiny.model, tasks: tasks, scope: .gatesAndTaskVectors, settings: settings)
  }

  private func bits(_ store: ParameterStore) -> [UInt32] {
    store.layout.entries.flatMap { store.values($0).map(\.bitPattern) }
  }

  private func temporaryPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(
      "routemark-\(UUID().uuidString).state"
    ).path
  }

  @Test(arguments: [2, 3, 7])
  func aRunHasTheSameBitsOnAnyNumberOfThreads(threads: Int) throws {
    let one = try tower(testSettings(batchSize: 13, threads: 1))
    let many = try tower(testSettings(batchSize: 13, threads: threads))
    var losses: [[Double]] = [[], []]
    try one.run(steps: 3) { losses[0].append($0.loss) }
    try many.run(steps: 3) { losses[1].append($0.loss) }
    #expect(losses[0] == losses[1])
    #expect(bits(one.parameters) == bits(many.parameters))
  }

  @Test func anAdaptationHasTheSameBitsOnAnyNumberOfThreads() throws {
    let one = try gates(testSettings(batchSize: 5, threads: 1))
    let many = try gates(testSettings(batchSize: 5, threads: 4))
    try one.run(steps: 2)
    try many.run(steps: 2)
    #expect(bits(one.model.gates) == bits(many.model.gates))
    #expect(bits(one.model.taskVectors) == bits(many.model.taskVectors))
  }

  @Test func anotherSeedGivesAnotherRun() throws {
    let one = try tower(testSettings(batchSize: 4, seed: 1))
    let other = try tower(testSettings(batchSize: 4, seed: 2))
    try one.run(steps: 2)
    try other.run(steps: 2)
    #expect(bits(one.parameters) != bits(other.parameters))
  }

  @Test func accumulatedBatchesHaveTheBitsOfOneLargeBatch() throws {
    let large = try tower(testSettings(batchSize: 12))
    let small = try tower(testSettings(batchSize: 4, accumulation: 3))
    try large.run(steps: 3)
    try small.run(steps: 3)
    #expect(bits(large.parameters) == bits(small.parameters))
  }

  @Test func aResumedFineTuneHasTheBitsOfAnUninterruptedOne() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try testSettings(batchSize: 7, steps: 6)
    let whole = try tower(settings)
    try whole.run(steps: 6)
    let interrupted = try tower(settings)
    struct Killed: Error {}
    #expect(throws: Killed.self) {
      try interrupted.run(steps: 6, saving: StateSaving(path: path, interval: 2)) {
        if $0.step == 5 { throw Killed() }
      }
    }
    let resumed = try tower(settings)
    try resumed.resume(from: path)
    #expect(resumed.step == 4)
    try resumed.run(steps: 2)
    #expect(bits(resumed.parameters) == bits(whole.parameters))
  }

  @Test func aResumedAdaptationHasTheBitsOfAnUninterruptedOne() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    let settings = try testSettings(batchSize: 3, steps: 4)
    let whole = try gates(settings)
    try whole.run(steps: 4)
    try gates(settings).run(steps: 2, saving: StateSaving(path: path, interval: 10))
    let resumed = try gates(settings)
    try resumed.resume(from: path)
    try resumed.run(steps: 2)
    #expect(bits(resumed.model.gates) == bits(whole.model.gates))
    #expect(bits(resumed.model.taskVectors) == bits(whole.model.taskVectors))
  }

  @Test func aStateOfOtherSettingsIsRefusedAndChangesNothing() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try tower(testSettings(batchSize: 4)).save(to: path)
    let other = try tower(testSettings(batchSize: 4, seed: 9))
    let before = bits(other.parameters)
    #expect(
      throws: TrainingError.stateMismatch(
        path: path, setting: "seed", expected: "9", actual: "1")
    ) { try other.resume(from: path) }
    #expect(bits(other.parameters) == before)
    #expect(other.step == 0)
  }

  @Test func aStateWithoutSettingsIsRefused() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try writeSafetensors(
      path: path,
      tensors: [(TensorSpecification(name: "x", elementType: .f32, shape: [1]), [1])])
    #expect(throws: TrainingError.stateIncomplete(path: path, missing: "accumulation")) {
      try tower(testSettings(batchSize: 4)).resume(from: path)
    }
  }

  @Test func fineTuningLowersTheLoss() throws {
    let trainer = try tower(testSettings(batchSize: 23, steps: 40, rate: 1e-2), smoothing: 0)
    var losses: [Double] = []
    try trainer.run(steps: 40) { losses.append($0.loss) }
    #expect(losses[39] < 0.5 * losses[0])
  }

  @Test func adaptationLowersTheEntropy() throws {
    let trainer = try gates(testSettings(batchSize: 11, steps: 30, rate: 1e-2))
    var losses: [Double] = []
    try trainer.run(steps: 30) { losses.append($0.loss) }
    #expect(losses[29] < 0.8 * losses[0])
  }
}
