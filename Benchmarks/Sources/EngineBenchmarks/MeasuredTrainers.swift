import Measuring
import ModelFamilies
import Tensors
import Training

/// Random pixels, labelled in turn.
private struct RandomData: TrainingData {
  let count = 256
  let values: [Float]

  init(_ shape: TrainableTowerShape) { values = random(3 * shape.imageSize * shape.imageSize) }

  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) {
    pixels.update(from: values, count: values.count)
  }

  func target(of index: Int) -> SampleTarget { .label(index % 10) }
}

/// Fine-tuning (forward, backward, AdamW on all parameters) on random weights and pixels.
struct MeasuredTrainers {
  private var trainers: [String: TowerTrainer] = [:]

  /// Seconds of each step, separated by spaces.
  mutating func secondsOfSteps(_ name: String, count: Int) throws -> String {
    let trainer = try trainers[name] ?? Self.trainer(name)
    trainers[name] = trainer
    let clock = ContinuousClock()
    return try (0..<count).map { _ in
      "\(seconds(try clock.measure { _ = try trainer.trainStep() }))"
    }.joined(separator: " ")
  }

  private static func trainer(_ name: String) throws -> TowerTrainer {
    let isSmall = name == "zoo"
    let shape = try TrainableTowerShape(
      width: isSmall ? 128 : 768, mlpWidth: isSmall ? 512 : 3072, layers: 12,
      heads: isSmall ? 4 : 12, patch: isSmall ? 8 : 32, imageSize: isSmall ? 64 : 224,
      projection: isSmall ? 384 : 512, activation: .quickGELU,
      names: CLIPFamily.tensorNames)
    return try TowerTrainer(
      shape: shape,
      parameters: { tensor in
        if tensor.name.contains("norm"), tensor.name.hasSuffix("weight") {
          return [Float](repeating: 1, count: tensor.count)
        }
        return random(tensor.count).map { $0 * 0.03 }
      },
      head: ZeroShotHead(
        name: "random", directions: random(10 * shape.projection), classes: 10, scale: 30),
      data: RandomData(shape),
      settings: TrainingSettings(
        batchSize: isSmall ? 64 : 16,
        schedule: LearningRateSchedule(.constant, peak: 1e-5, totalSteps: 1000),
        optimizer: AdamOptimizer(weightDecay: 0.01), seed: 1))
  }
}
