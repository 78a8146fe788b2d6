import Foundation
import Testing
import Training

@Suite struct DistillationTests {
  /// Images with a teacher's probabilities in place of labels.
  private struct TaughtData: TrainingData {
    let images: MemoryData
    let probabilities: [[Double]]
    var count: Int { images.count }

    func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) {
      images.pixels(of: index, into: pixels)
    }
    func target(of index: Int) -> SampleTarget { .probabilities(probabilities[index]) }
  }

  private func trainer(
    _ shape: TrainableTowerShape, _ head: ZeroShotHead, _ data: any TrainingData,
    smoothing: Double = 0
  ) throws -> TowerTrainer {
    try TowerTrainer(
      shape: shape, parameters: source(randomParameters(shape.layout, seed: 11)), head: head,
      data: data, labelSmoothing: smoothing, settings: testSettings(batchSize: 3))
  }

  @Test(arguments: [0.0, 0.1])
  func everyGradientAgainstATeacherEqualsCentralDifferences(smoothing: Double) throws {
    let shape = try tinyShape()
    let images = MemoryData(count: 3, shape: shape, classes: 4, seed: 12)
    let (head, reference) = try randomHead(classes: 4, width: shape.projection, seed: 13)
    let taught = [[0.7, 0.1, 0.15, 0.05], [0.25, 0.25, 0.25, 0.25], [0, 0, 1, 0]]
    let (loss, gradient) = try trainer(
      shape, head, TaughtData(images: images, probabilities: taught), smoothing: smoothing
    ).gradients()
    let pixels = images.images.map { $0.map(Double.init) }
    // Cross entropy is linear in its target: the teacher's mixture of losses by label.
    func referenceLoss(_ parameters: [String: [Double]]) -> Double {
      let tower = ReferenceTower(shape, parameters)
      var sum = 0.0
      for (index, probabilities) in taught.enumerated() {
        for (label, probability) in probabilities.enumerated() {
          sum +=
            probability
            * tower.loss(
              pixels[index], head: reference, label: label,
              objective: .crossEntropy(smoothing: smoothing))
        }
      }
      return sum / Double(taught.count)
    }
    let parameters = doubles(randomParameters(shape.layout, seed: 11))
    #expect(abs(loss - referenceLoss(parameters)) < 2e-6)
    checkGradients(gradient, shape.layout, of: parameters, loss: referenceLoss)
  }

  @Test func aTeacherThatIsSureOfTheLabelsIsTheLabels() throws {
    let shape = try tinyShape()
    let images = MemoryData(count: 3, shape: shape, classes: 4, seed: 12)
    let head = try randomHead(classes: 4, width: shape.projection, seed: 13).0
    let sure = images.labels.map { label in (0..<4).map { $0 == label ? 1.0 : 0.0 } }
    let labelled = try trainer(shape, head, images, smoothing: 0.1).gradients()
    let taught = try trainer(
      shape, head, TaughtData(images: images, probabilities: sure), smoothing: 0.1
    ).gradients()
    #expect(taught.loss == labelled.loss)
    #expect(taught.tower == labelled.tower)
  }

  @Test func aTeacherWithOtherClassesIsRefused() throws {
    let shape = try tinyShape()
    let images = MemoryData(count: 3, shape: shape, classes: 4, seed: 12)
    let head = try randomHead(classes: 4, width: shape.projection, seed: 13).0
    let short = TaughtData(
      images: images, probabilities: Array(repeating: [0.5, 0.5], count: 3))
    let trainer = try trainer(shape, head, short)
    #expect {
      try trainer.trainStep()
    } throws: { error in
      guard case TrainingError.teacherClasses(sample: _, expected: 4, actual: 2) = error else {
        return false
      }
      return true
    }
  }
}
