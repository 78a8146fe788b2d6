import Checkpoints
import Foundation
import ModelMerging
import RoutedModels
import Tensors
import Testing
import Training

/// Three steps recorded by `Scripts/goldens/training.py` in PyTorch float32.
@Suite struct GoldenStepTests {
  /// The largest difference allowed in a parameter: a fifth of a thousandth of one step's size.
  private let tolerance: Float = 2e-6

  private func golden(_ name: String) throws -> Checkpoint {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Goldens")
    return try Checkpoint(path: folder.appendingPathComponent("\(name).safetensors").path)
  }

  private func data(_ golden: Checkpoint, _ shape: TrainableTowerShape) throws -> MemoryData {
    let pixels = try golden.floats("images", shape: [6, 3, 16, 16])
    let images = (0..<6).map { Array(pixels[$0 * shape.pixelCount..<($0 + 1) * shape.pixelCount]) }
    return MemoryData(
      images: images, labels: try golden.floats("labels", shape: [6]).map { Int($0) })
  }

  private func settings(weightDecay: Double) throws -> TrainingSettings {
    try TrainingSettings(
      batchSize: 6, schedule: LearningRateSchedule(.constant, peak: 1e-2, totalSteps: 3),
      optimizer: AdamOptimizer(epsilon: 1e-3, weightDecay: weightDecay), seed: 1)
  }

  private func head(_ golden: Checkpoint) throws -> ZeroShotHead {
    try ZeroShotHead(
      name: "golden", directions: golden.floats("head", shape: [4, 6]), classes: 4, scale: 5)
  }

  private func expectParameters(_ store: ParameterStore, step: Int, _ golden: Checkpoint) throws {
    for entry in store.layout.entries {
      let expected = try golden.floats("after\(step).\(entry.name)", shape: entry.shape)
      let largest = zip(store.values(entry), expected).map { abs($0 - $1) }.max() ?? 0
      #expect(largest <= tolerance, "step \(step), \(entry.name)")
    }
  }

  @Test func threeStepsOfAdamWOnATowerArePyTorchs() throws {
    let golden = try golden("tower-adamw")
    let shape = try tinyShape()
    let trainer = try TowerTrainer(
      shape: shape, parameters: { try golden.floats("before.\($0.name)", shape: $0.shape) },
      head: head(golden), data: data(golden, shape), labelSmoothing: 0.1,
      settings: settings(weightDecay: 0.1))
    let losses = try golden.floats("losses", shape: [3])
    for step in 1...3 {
      let report = try trainer.trainStep()
      #expect(abs(Float(report.loss) - losses[step - 1]) < 2e-6)
      try expectParameters(trainer.parameters, step: step, golden)
    }
  }

  @Test func threeStepsOfAdamOnTheGatesOfAMergeArePyTorchs() throws {
    let golden = try golden("merge-adam")
    let shape = try tinyShape()
    let model = try MergeableModel(
      merged: {
        try golden.floats("before.\($0.name.replacing(".base_model.", with: "."))", shape: $0.shape)
      }, shape: shape, experts: 3, routing: .softmax, depth: .hidden)
    let trainer = try GateTrainer(
      model: model,
      tasks: [TrainingTask(name: "golden", data: data(golden, shape), head: head(golden))],
      settings: settings(weightDecay: 0))
    let losses = try golden.floats("losses", shape: [3])
    for step in 1...3 {
      let report = try trainer.trainStep()
      #expect(abs(Float(report.loss) - losses[step - 1]) < 2e-6)
      try expectParameters(model.gates, step: step, golden)
    }
  }
}
