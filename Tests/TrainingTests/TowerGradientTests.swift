import Tensors
import Testing
import Training

@Suite struct TowerGradientTests {
  @Test(arguments: [Activation.quickGELU, .gelu], [0.0, 0.1])
  func everyGradientOfTheTowerEqualsCentralDifferences(
    activation: Activation, smoothing: Double
  ) throws {
    let shape = try tinyShape(activation)
    let parameters = randomParameters(shape.layout, seed: 11)
    let data = MemoryData(count: 3, shape: shape, classes: 4, seed: 12)
    let (head, reference) = try randomHead(classes: 4, width: shape.projection, seed: 13)
    let trainer = try TowerTrainer(
      shape: shape, parameters: source(parameters), head: head, data: data,
      labelSmoothing: smoothing, settings: testSettings(batchSize: 3))
    let (loss, gradient) = try trainer.gradients()
    let images = data.images.map { $0.map(Double.init) }
    func referenceLoss(_ parameters: [String: [Double]]) -> Double {
      let tower = ReferenceTower(shape, parameters)
      return images.indices.reduce(0.0) {
        $0
          + tower.loss(
            images[$1], head: reference, label: data.labels[$1],
            objective: .crossEntropy(smoothing: smoothing))
      } / Double(images.count)
    }
    #expect(abs(loss - referenceLoss(doubles(parameters))) < 2e-6)
    checkGradients(
      gradient, shape.layout, of: doubles(parameters), loss: referenceLoss)
  }
}
