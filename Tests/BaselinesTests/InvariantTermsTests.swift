import Baselines
import ModelMerging
import RoutedModels
import Tensors
import Testing
import VisionTransformers

/// ICS-M and ICS-E.
@Suite struct InvariantTermsTests {
  @Test(arguments: TokenEmbeddings.allCases)
  func equalsNumPyThatMakesAllEntries(embeddings: TokenEmbeddings) throws {
    let golden = try #require(try BaselineGoldens.read().ics[embeddings.rawValue])
    let victim = try BaselineGoldens.model("victim")
    let suspect = try BaselineGoldens.model("suspect")
    let whole = try ModelICS(
      victim: ModelWeights(victim), suspect: ModelWeights(suspect), embeddings: embeddings)
    #expect(abs(whole.similarity - golden.model) < 1e-10)
    #expect(whole.terms.map(\.victimLayer) == [1, 1, 1, 2, 2, 2])
    #expect(whole.embeddingCount == (embeddings == .identity ? 4 : 18))
    let experts = try ExpertICS(
      victim: ExpertTaskVectors(victim), suspect: ExpertTaskVectors(suspect),
      embeddings: embeddings)
    #expect(largestDistance(experts.similarities.values, golden.experts) < 1e-10)
  }

  @Test(arguments: TokenEmbeddings.allCases)
  func isSymmetricAndOneWithItself(embeddings: TokenEmbeddings) throws {
    let victim = ModelWeights(try BaselineGoldens.model("victim"))
    let suspect = ModelWeights(try BaselineGoldens.model("suspect"))
    let own = try ModelICS(victim: victim, suspect: victim, embeddings: embeddings)
    #expect(abs(own.similarity - 1) < 1e-14)
    // With the victim's embeddings for both, the roles are not interchangeable.
    guard embeddings != .victim else { return }
    let forth = try ModelICS(victim: victim, suspect: suspect, embeddings: embeddings)
    let back = try ModelICS(victim: suspect, suspect: victim, embeddings: embeddings)
    #expect(abs(forth.similarity - back.similarity) < 1e-12)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func ignoresThePermutationOfHiddenUnitsWhichPCSDoesNot(seed: UInt64) throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let victim = try BaselineGoldens.model("victim")
    let order = permutation(victim.configuration.intermediateSize, seed: seed)
    let suspect = try models.writeCopy(of: victim, as: "permuted") { name, shape, values in
      if name.hasSuffix(".fc1.weight"), !name.contains(".gate.") {
        reorder(&values, shape, dimension: 0, by: order)
      } else if name.hasSuffix(".fc1.bias"), !name.contains(".gate.") {
        reorder(&values, shape, dimension: 0, by: order)
      } else if name.hasSuffix(".fc2.weight"), !name.contains(".gate.") {
        reorder(&values, shape, dimension: 1, by: order)
      }
    }
    let weights = (victim: ModelWeights(victim), suspect: ModelWeights(suspect))
    let whole = try ModelICS(victim: weights.victim, suspect: weights.suspect)
    #expect(abs(whole.similarity - 1) < 1e-12)
    let vectors = (try ExpertTaskVectors(victim), try ExpertTaskVectors(suspect))
    let experts = try ExpertICS(victim: vectors.0, suspect: vectors.1).similarities.values
    let expected = try ExpertICS(victim: vectors.0, suspect: vectors.0).similarities.values
    #expect(largestDistance(experts, expected) < 1e-12)
    let cosines = try ExpertPCS(victim: vectors.0, suspect: vectors.1).similarities.values
    for expert in cosines.indices { #expect(cosines[expert][expert] < 0.9) }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func withOwnEmbeddingsIgnoresThePermutationOfTheResidualStream(seed: UInt64) throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let victim = try models.writeTower("victim")
    let order = permutation(victim.configuration.hiddenSize, seed: seed)
    let inputs = [
      "q_proj.weight", "k_proj.weight", "v_proj.weight", "fc1.weight", "position_embedding.weight",
    ]
    let outputs = [
      "out_proj.weight", "fc2.weight", "patch_embedding.weight", "class_embedding",
    ]
    let suspect = try models.writeCopy(of: victim, as: "permuted") { name, shape, values in
      if inputs.contains(where: name.hasSuffix) {
        reorder(&values, shape, dimension: 1, by: order)
      } else if outputs.contains(where: name.hasSuffix) {
        reorder(&values, shape, dimension: 0, by: order)
      }
    }
    func similarity(_ embeddings: TokenEmbeddings) throws -> Double {
      try ModelICS(
        victim: ModelWeights(victim), suspect: ModelWeights(suspect), embeddings: embeddings
      ).similarity
    }
    #expect(abs(try similarity(.own) - 1) < 1e-12)
    #expect(try similarity(.identity) < 0.9)
    #expect(try similarity(.victim) < 0.9)
  }

  @Test func readsRecipesLikeFullMerges() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    try models.writeMerges()
    let (recipe, full) = (try models.open("recipe"), try models.open("full"))
    let whole = try ModelICS(victim: ModelWeights(recipe), suspect: ModelWeights(full))
    #expect(abs(whole.similarity - 1) < 1e-14)
    let experts = try ExpertICS(
      victim: ExpertTaskVectors(recipe), suspect: ExpertTaskVectors(full)
    ).similarities.values
    for expert in experts.indices { #expect(abs(experts[expert][expert] - 1) < 1e-14) }
  }

  @Test func refusesATowerOfOneLayer() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    var shallow = TemporaryModels.configuration
    shallow.hiddenLayerCount = 1
    let tower = try models.writeTower("tower", shallow)
    #expect(throws: BaselineError.tooFewLayers(model: tower.path, expected: 2, actual: 1)) {
      try ModelICS(victim: ModelWeights(tower), suspect: ModelWeights(tower))
    }
  }

  @Test func refusesATermOfZeros() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let victim = try models.writeTower("victim")
    let suspect = try models.writeCopy(of: victim, as: "suspect") { name, _, values in
      if name.hasSuffix("layers.2.self_attn.k_proj.weight") {
        values = values.map { _ in 0 }
      }
    }
    #expect(
      throws: BaselineError.constantTerm(
        model: suspect.path, layer: 2, term: "X Wq^T Wk X^T", expected: "more than 0", actual: 0)
    ) { try ModelICS(victim: ModelWeights(victim), suspect: ModelWeights(suspect)) }
  }

  @Test func refusesOtherNumbersOfEmbeddingsOnlyWhereEachModelHasItsOwn() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    var larger = TemporaryModels.configuration
    larger.imageSize = 24
    let victim = try models.writeTower("victim")
    let suspect = try models.writeTower("suspect", larger)
    let weights = (victim: ModelWeights(victim), suspect: ModelWeights(suspect))
    _ = try ModelICS(victim: weights.victim, suspect: weights.suspect)
    #expect(
      throws: BaselineError.sizeMismatch(
        victim: victim.path, suspect: suspect.path, size: "number of embeddings", expected: 198,
        actual: 203)
    ) { try ModelICS(victim: weights.victim, suspect: weights.suspect, embeddings: .own) }
  }
}
