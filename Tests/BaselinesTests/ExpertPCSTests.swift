import Baselines
import ModelMerging
import Testing

@Suite struct ExpertPCSTests {
  @Test func equalsNumPy() throws {
    let victim = try ExpertTaskVectors(BaselineGoldens.model("victim"))
    let suspect = try ExpertTaskVectors(BaselineGoldens.model("suspect"))
    let result = try ExpertPCS(victim: victim, suspect: suspect).similarities
    #expect(result.victimExperts == ["one", "two", "three"])
    #expect(result.suspectExperts == ["two", "four"])
    #expect(largestDistance(result.values, try BaselineGoldens.read().pcsExperts) < 1e-10)
    // The suspect's experts are the victim's first two under other names.
    #expect(result.matches.map(\.victimExpert) == ["one", "two"])
    let margin = try #require(result.matches[0].attributionMargin)
    #expect(margin == result.values[0][0] - result.values[1][0])
  }

  @Test func isSymmetricAndOneWithItself() throws {
    let victim = try ExpertTaskVectors(BaselineGoldens.model("victim"))
    let suspect = try ExpertTaskVectors(BaselineGoldens.model("suspect"))
    let own = try ExpertPCS(victim: victim, suspect: victim).similarities.values
    for expert in own.indices { #expect(own[expert][expert] == 1) }
    let forth = try ExpertPCS(victim: victim, suspect: suspect).similarities.values
    let back = try ExpertPCS(victim: suspect, suspect: victim).similarities.values
    #expect(forth == back.transposed)
  }

  @Test func findsATowerAsAnExpertOfAMerge() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    try models.writeMerges()
    for form in ["recipe", "full"] {
      let result = try ExpertPCS(
        victim: ExpertTaskVectors(models.open("two"), base: models.open("base")),
        suspect: ExpertTaskVectors(models.open(form)))
      #expect(result.similarities.victimExperts == ["two"])
      #expect(abs(result.similarities.values[0][0]) < 0.2)
      #expect(result.similarities.values[0][1] == 1)
      #expect(result.similarities.matches[1].attributionMargin == nil)
    }
  }

  @Test func refusesATowerWithoutItsBase() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let tower = try models.writeTower("tower")
    #expect(
      throws: BaselineError.noTaskVectors(
        model: tower.path, expected: "a mixture, or a tower and its base model",
        actual: "a tower alone")
    ) { try ExpertTaskVectors(tower) }
    #expect(
      throws: BaselineError.noTaskVectors(
        model: tower.path, expected: "a mixture, or a tower and its base model",
        actual: "a tower and a mixture as its base model")
    ) { try ExpertTaskVectors(tower, base: BaselineGoldens.model("victim")) }
  }

  @Test func refusesAnExpertThatEqualsItsBase() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    let base = try models.writeTower("base")
    let tuned = try models.writeTower("tuned", drift: (seed: 4, scale: 0.1))
    let same = try ExpertTaskVectors(base, base: base)
    #expect(
      throws: BaselineError.zeroVector(
        model: base.path, vector: "the task vector of `base`", expected: "more than 0", actual: 0)
    ) { try ExpertPCS(victim: ExpertTaskVectors(tuned, base: base), suspect: same) }
  }

  @Test func refusesExpertsOfAnotherWidth() throws {
    let models = try TemporaryModels()
    defer { models.remove() }
    try models.writeMerges()
    let victim = try ExpertTaskVectors(BaselineGoldens.model("victim"))
    let suspect = try ExpertTaskVectors(models.open("full"))
    #expect(
      throws: BaselineError.sizeMismatch(
        victim: victim.path, suspect: suspect.path, size: "`hidden_size`", expected: 4, actual: 8)
    ) { try ExpertPCS(victim: victim, suspect: suspect) }
  }
}
