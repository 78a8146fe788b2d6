import ModelFamilies
import Tensors
import Testing
import Training

@Suite struct TrainingErrorTests {
  private func trainer(
    parameters: [String: [Float]]? = nil, classes: Int = 4, labels: [Int]? = nil,
    width: Int = 6, batchSize: Int = 4
  ) throws -> TowerTrainer {
    let shape = try tinyShape()
    var data = MemoryData(count: 4, shape: shape, classes: 4, seed: 2)
    if let labels { data = MemoryData(images: data.images, labels: labels) }
    return try TowerTrainer(
      shape: shape, parameters: source(parameters ?? randomParameters(shape.layout, seed: 1)),
      head: randomHead(classes: classes, width: width, seed: 3).0, data: data,
      settings: testSettings(batchSize: batchSize))
  }

  @Test func headsOfUnequalWidthAreRefused() {
    #expect(
      throws: TrainingError.invalidShape(
        dimension: "width", value: 10, requirement: "a multiple of the `3` heads")
    ) {
      try TrainableTowerShape(
        width: 10, mlpWidth: 4, layers: 1, heads: 3, patch: 8, imageSize: 16, projection: 4,
        activation: .gelu, names: CLIPFamily.tensorNames)
    }
  }

  @Test func anImageThatPatchesDoNotTileIsRefused() {
    #expect(
      throws: TrainingError.invalidShape(
        dimension: "imageSize", value: 17, requirement: "a multiple of the patch `8`")
    ) {
      try TrainableTowerShape(
        width: 8, mlpWidth: 4, layers: 1, heads: 2, patch: 8, imageSize: 17, projection: 4,
        activation: .gelu, names: CLIPFamily.tensorNames)
    }
  }

  @Test func aHeadOfAnotherWidthIsRefused() {
    #expect(throws: TrainingError.headWidth(head: "random", expected: 6, actual: 5)) {
      try trainer(width: 5)
    }
  }

  @Test func aHeadRowWithoutDirectionIsRefused() {
    #expect(throws: TrainingError.zeroHeadRow(head: "zero", row: 1)) {
      try ZeroShotHead(name: "zero", directions: [1, 0, 0, 0], classes: 2, scale: 1)
    }
  }

  @Test func aBatchLargerThanTheDataIsRefused() {
    #expect(throws: TrainingError.tooFewSamples(task: "random", expected: 5, actual: 4)) {
      try trainer(batchSize: 5)
    }
  }

  @Test func aMissingTensorIsNamed() throws {
    var parameters = try randomParameters(tinyShape().layout, seed: 1)
    parameters["visual_projection.weight"] = nil
    #expect(
      throws: TrainingError.wrongElementCount(
        tensor: "visual_projection.weight", expected: 48, actual: 0)
    ) { try trainer(parameters: parameters) }
  }

  @Test func aParameterThatIsNotFiniteIsNamed() throws {
    var parameters = try randomParameters(tinyShape().layout, seed: 1)
    parameters["visual_projection.weight"]?[3] = .nan
    #expect(
      throws: TrainingError.nonFiniteParameter(tensor: "visual_projection.weight", index: 3)
    ) { try trainer(parameters: parameters) }
  }

  @Test func aLabelWithoutAClassIsNamedAndChangesNothing() throws {
    let trainer = try trainer(labels: [0, 1, 7, 2])
    let before = trainer.parameters.tensor("visual_projection.weight")
    #expect(throws: TrainingError.labelOutOfRange(sample: 2, expected: 0..<4, actual: 7)) {
      try trainer.trainStep()
    }
    #expect(trainer.parameters.tensor("visual_projection.weight") == before)
    #expect(trainer.step == 0)
  }

  @Test func anImageThatIsNotFiniteStopsTheRunBeforeTheUpdate() throws {
    let shape = try tinyShape()
    var images = MemoryData(count: 4, shape: shape, classes: 4, seed: 2).images
    images[1][0] = .infinity
    let trainer = try TowerTrainer(
      shape: shape, parameters: source(randomParameters(shape.layout, seed: 1)),
      head: randomHead(classes: 4, width: 6, seed: 3).0,
      data: MemoryData(images: images, labels: [0, 1, 2, 3]),
      settings: testSettings(batchSize: 4))
    let before = trainer.parameters.tensor("visual_projection.weight")
    #expect {
      try trainer.trainStep()
    } throws: { error in
      guard case TrainingError.nonFiniteLoss(step: 0, sample: _) = error else { return false }
      return true
    }
    #expect(trainer.parameters.tensor("visual_projection.weight") == before)
  }

  @Test func whatTheDataThrowsEndsTheStep() throws {
    struct Unreadable: Error, Equatable { let index: Int }
    struct BrokenData: TrainingData {
      let count = 4
      func pixels(of index: Int, into pixels: UnsafeMutablePointer<Float>) throws {
        if index == 3 { throw Unreadable(index: 3) }
      }
      func target(of index: Int) -> SampleTarget { .label(0) }
    }
    let shape = try tinyShape()
    let trainer = try TowerTrainer(
      shape: shape, parameters: source(randomParameters(shape.layout, seed: 1)),
      head: randomHead(classes: 4, width: 6, seed: 3).0, data: BrokenData(),
      settings: testSettings(batchSize: 4))
    #expect(throws: Unreadable(index: 3)) { try trainer.trainStep() }
  }
}
