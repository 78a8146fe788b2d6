// Steps of fine-tuning (forward, backward, AdamW on all parameters) on random weights and pixels.
//
//   TrainingBenchmarks zoo|vit-b-32 STEPS BATCH
//
// Prints the seconds of each step, one a line, for compare_training.py.

import Measuring
import Tensors
import Training

struct RandomData: TrainingData {
  let count = 256
  let values: [Float]

  init(_ shape: TrainableTowerShape) { values = random(3 * shape.imageSize * shape.imageSize) }

  func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) {
    pixels.update(from: values, count: values.count)
  }

  func label(of index: Int) -> Int { index % 10 }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let steps = Int(arguments[2]), let batch = Int(arguments[3]) else {
  print("usage: TrainingBenchmarks zoo|vit-b-32 STEPS BATCH")
  throw CancellationError()
}
let shape =
  arguments[1] == "zoo"
  ? try TrainableTowerShape(
    width: 128, mlpWidth: 512, layers: 12, heads: 4, patch: 8, imageSize: 64, projection: 384,
    activation: .quickGELU)
  : try TrainableTowerShape(
    width: 768, mlpWidth: 3072, layers: 12, heads: 12, patch: 32, imageSize: 224, projection: 512,
    activation: .quickGELU)
let trainer = try TowerTrainer(
  shape: shape,
  parameters: { name, shape in
    let count = shape.reduce(1, *)
    if name.contains("norm"), name.hasSuffix("weight") {
      return [Float](repeating: 1, count: count)
    }
    return random(count).map { $0 * 0.03 }
  },
  head: ZeroShotHead(
    name: "random", directions: random(10 * shape.projection), classes: 10, scale: 30),
  data: RandomData(shape),
  settings: TrainingSettings(
    batchSize: batch, schedule: LearningRateSchedule(.constant, peak: 1e-5, totalSteps: steps),
    optimizer: AdamOptimizer(weightDecay: 0.01), seed: 1))
let clock = ContinuousClock()
for _ in 0..<steps {
  print(seconds(try clock.measure { _ = try trainer.trainStep() }))
}
