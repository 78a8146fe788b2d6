import Baselines
import ModelMerging
import RoutedModels
import Testing
import VisionTransformers

@Suite struct ModelPCSTests {
  @Test func equalsNumPyInEveryPart() throws {
    let golden = try BaselineGoldens.read().pcsModel
    let result = try ModelPCS(
      victim: ModelWeights(BaselineGoldens.model("victim")),
      suspect: ModelWeights(BaselineGoldens.model("suspect")))
    #expect(abs(result.similarity - golden.similarity) < 1e-10)
    #expect(result.parts.count == golden.parts.count)
    for part in result.parts {
      let expected = try #require(golden.parts[part.role.rawValue])
      let cosine = try #require(part.cosine)
      #expect(abs(cosine - expected.cosine) < 1e-10, "\(part.role)")
      #expect(part.pairedTensors == expected.pairedTensors, "\(part.role)")
      #expect(part.pairedNumbers == expected.pairedNumbers, "\(part.role)")
      #expect(part.mismatchedTensors == expected.mismatchedTensors, "\(part.role)")
      #expect(part.unpairedTensors == expected.unpairedTensors, "\(part.role)")
    }
    #expect(result.definition == ModelPCS.definition)
  }

  @Test func isSymmetricAndOneWithItself() throws {
    let victim = ModelWeights(try BaselineGoldens.model("victim"))
    let suspect = ModelWeights(try BaselineGoldens.model("suspect"))
    #expect(try ModelPCS(victim: victim, suspect: victim).similarity == 1)
    let forth = try ModelPCS(victim: victim, suspect: suspect)
    let back = try ModelPCS(victim: suspect, suspect: victim)
    #expect(abs(forth.similarity - back.similarity) < 1e-15)
    #expect(forth.parts.map(\.unpairedTensors) == back.parts.map(\.unpairedTensors))
  }

  @Test func readsRecipesLikeFullMerges() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    try models.writeMerges()
    let result = try ModelPCS(
      victim: ModelWeights(models.open("recipe")), suspect: ModelWeights(models.open("full")))
    #expect(result.similarity == 1)
    for part in result.parts {
      #expect(part.cosine == 1, "\(part.role)")
      #expect(part.pairedTensors > 0 && part.unpairedTensors == 0, "\(part.role)")
    }
  }

  @Test func pairsATowersMLPsWithTheBaseMLPsOfAMixture() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    try models.writeMerges()
    let result = try ModelPCS(
      victim: ModelWeights(models.open("base")), suspect: ModelWeights(models.open("recipe")))
    let mlps = try #require(result.parts.first { $0.role == .mlps })
    #expect(mlps.cosine == 1 && mlps.pairedTensors == 12)
    let taskVectors = try #require(result.parts.first { $0.role == .taskVectors })
    #expect(taskVectors.cosine == nil && taskVectors.unpairedTensors == 24)
  }

  @Test func refusesModelsWithoutACommonShape() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    var wider = TemporaryModels.configuration
    (wider.hiddenSize, wider.intermediateSize) = (16, 32)
    let victim = try models.writeTower("victim")
    let suspect = try models.writeTower("suspect", wider)
    #expect(
      throws: BaselineError.nothingPaired(
        victim: victim.path, suspect: suspect.path, expected: 1, actual: 0)
    ) {
      try ModelPCS(victim: ModelWeights(victim), suspect: ModelWeights(suspect))
    }
  }

  @Test func refusesAModelOfZeros() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let victim = try models.writeTower("victim")
    let suspect = try models.writeTower("suspect", scale: 0)
    #expect(
      throws: BaselineError.zeroVector(
        model: suspect.path, vector: "all weights", expected: "more than 0", actual: 0)
    ) {
      try ModelPCS(victim: ModelWeights(victim), suspect: ModelWeights(suspect))
    }
  }
}
