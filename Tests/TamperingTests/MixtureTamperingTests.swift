import Checkpoints
import Documents
import ModelMerging
import RoutedModels
import Tampering
import Testing
import VisionTransformers

@Suite struct MixtureTamperingTests {
  /// A recipe's gates.
  func gates(_ models: TinyModels, _ name: String) throws -> [String: [Float]] {
    try models.tensors("\(name)/gates.safetensors")
  }

  static let forms = [false, true]

  @Test(arguments: forms, [0, 1, 2])
  func permutedUnitsAndHeadsKeepTheFunctionOfAMixture(_ full: Bool, _ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "moe", full: full, depth: depth)
    try tamper(models, "moe", UnitPermutation(seed: 4), to: "out")
    let (before, after) = (try models.outputs("moe"), try models.outputs("out"))
    #expect(largestDifference(before.features, after.features) < 1e-5)
    #expect(largestDifference(before.routerLogits, after.routerLogits) < 1e-5)
  }

  @Test(arguments: forms, [0, 1, 2])
  func shufflingKeepsTheFunctionAndReordersTheLogits(_ full: Bool, _ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "plain", full: full, depth: depth)
    // Different biases, so that depth 0 has something to reorder.
    try tamper(models, "plain", RouterShifting(["a": 1, "b": -0.5]), to: "moe")
    let L = TinyModels.configuration.hiddenLayerCount
    let shuffling = ExpertShuffling(seed: 6, expertCount: 3, layerCount: L)
    try tamper(models, "moe", shuffling, to: "out")
    let (before, after) = (try models.outputs("moe"), try models.outputs("out"))
    #expect(largestDifference(before.features, after.features) < 1e-5)
    guard case .array(let orders) = shuffling.parameters["order"] else {
      Issue.record("the record has no order")
      return
    }
    for (layer, order) in orders.enumerated() {
      guard case .array(let origins) = order else { continue }
      for (slot, origin) in origins.enumerated() {
        guard case .integer(let origin) = origin else { continue }
        for sample in 0..<4 {
          let new = after.routerLogits[(sample * 3 + slot) * L + layer]
          let old = before.routerLogits[(sample * 3 + origin) * L + layer]
          #expect(abs(new - old) < 1e-5, "layer \(layer), slot \(slot)")
        }
      }
    }
    #expect(Set(orders).count > 1)
    #expect(try models.model("out").mixture?.experts == ["slot-0", "slot-1", "slot-2"])
  }

  @Test(arguments: [0, 1, 2])
  func structuralChangesOfARecipeEqualMergingTheNewList(_ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "moe", depth: depth)
    let d = try NewExpert(name: "d", model: models.model("d"))
    let cases: [(String, any TamperingOperation, [String])] = [
      (
        "replace", ExpertReplacement(expert: "b", by: d, router: .reinit, seed: 9), ["a", "d", "c"]
      ),
      ("add", ExpertAddition(d, router: .reinit, seed: 9), ["a", "b", "c", "d"]),
      ("delete", ExpertDeletion(expert: "a", router: .reinit, seed: 9), ["b", "c"]),
    ]
    for (name, operation, experts) in cases {
      try tamper(models, "moe", operation, to: name)
      try models.merge(experts, to: "\(name)-scratch", full: true, depth: depth, seed: 9)
      #expect(try models.tensors(name) == models.tensors("\(name)-scratch"), "\(name)")
      let (one, two) = (try models.model(name), try models.model("\(name)-scratch"))
      #expect(one.mixture == two.mixture)
      #expect(try one.digest() == two.digest(), "\(name)")
    }
  }

  @Test(arguments: forms) func deletingCutsTheExpertsRowAndKeepsTheOthers(_ full: Bool) throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "moe", full: full)
    try tamper(models, "moe", ExpertDeletion(expert: "b", router: .keep, seed: 0), to: "out")
    let row = "vision_model.encoder.layers.1.mlp.gate.fc2.weight"
    let source = full ? try models.tensors("moe") : try gates(models, "moe")
    let before = source[row] ?? []
    let kept = Array(before[0..<8]) + Array(before[16..<24])
    #expect(try models.tensors("out")[row] == kept)
    #expect(try models.outputs("out").routerLogits.count == 4 * 2 * 3)
  }

  @Test func theTensorsOutsideOfAFullMixtureAreKeptAndSoTheReportSays() throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "moe", full: true)
    let report = try tamper(
      models, "moe", ExpertDeletion(expert: "b", router: .keep, seed: 0), to: "out")
    #expect(report.notes.count == 1)
    let name = "vision_model.encoder.layers.0.self_attn.q_proj.weight"
    #expect(try models.tensors("out")[name] == models.tensors("moe")[name])
  }

  @Test func replacingInheritsTheRowOrCutsIt() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", depth: 1)
    let d = try NewExpert(name: "d", model: models.model("d"))
    for router in RouterTreatment.allCases {
      try tamper(
        models, "moe", ExpertReplacement(expert: "b", by: d, router: router, seed: 77),
        to: router.rawValue)
    }
    let name = "vision_model.encoder.layers.2.mlp.gate.fc.weight"
    let before = try #require(try gates(models, "moe")[name])
    let keep = try #require(try models.tensors("keep")[name])
    let cut = try #require(try models.tensors("cut")[name])
    let reinit = try #require(try models.tensors("reinit")[name])
    #expect(keep == before)
    #expect(cut[0..<8] == before[0..<8])
    #expect(cut[8...] == reinit[8...])
    #expect(reinit[0..<8] != before[0..<8])
  }

  @Test(arguments: [0, 1, 2]) func anAddedExpertHasAFreshRow(_ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", full: true, depth: depth)
    let d = try NewExpert(name: "d", model: models.model("d"))
    try tamper(models, "moe", ExpertAddition(d, router: .keep, seed: 3), to: "out")
    let last: String = ["weight", "fc.bias", "fc2.bias"][depth]
    let biases = try models.tensors("out")["vision_model.encoder.layers.0.mlp.gate.\(last)"]
    #expect(biases == [0.3, 0.3, 0.3])
    #expect(try models.outputs("out").routerLogits.count == 4 * 3 * 3)
  }

  @Test(arguments: forms) func aCloneRepeatsTheLogitsOfItsOriginal(_ full: Bool) throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", full: full)
    for (sigma, name) in [(0.0, "exact"), (0.01, "noisy")] {
      try tamper(
        models, "moe", ExpertCloning(expert: "a", sigma: sigma, seed: 1), to: name)
    }
    #expect(try models.model("noisy").mixture?.experts == ["a", "b", "a-clone"])
    func gap(_ name: String) throws -> Float {
      let logits = try models.outputs(name).routerLogits  // [S, E, L]
      var largest: Float = 0
      for sample in 0..<4 {
        for layer in 0..<3 {
          let original = logits[sample * 9 + layer]
          let clone = logits[sample * 9 + 6 + layer]
          largest = max(largest, abs(original - clone))
        }
      }
      return largest
    }
    #expect(try gap("exact") == 0)
    let noisy = try gap("noisy")
    #expect(noisy > 0 && noisy < 0.05)
    // The first layer's input is as before, so its logits are the original's.
    let (before, after) = (
      try models.outputs("moe").routerLogits, try models.outputs("noisy").routerLogits
    )
    for sample in 0..<4 {
      for expert in 0..<2 {
        let old = before[(sample * 2 + expert) * 3]
        let new = after[(sample * 3 + expert) * 3]
        #expect(abs(old - new) < 1e-6)
      }
    }
  }

  @Test(arguments: forms) func tiedExpertsHaveOneContentAndTheirOwnRows(_ full: Bool) throws {
    let models = try TinyModels()
    try models.merge(["a", "b", "c"], to: "moe", full: full)
    try models.merge(["a", "b", "c"], to: "reference", full: true)
    try tamper(models, "moe", ExpertTying(experts: ["c", "a"]), to: "out")
    let (before, after) = (try models.tensors("reference"), try models.tensors("out"))
    let mlp = "vision_model.encoder.layers.1.mlp"
    let names = (0..<3).map { "\(mlp).task_vectors.\($0).fc1.weight" }
    #expect(after[names[0]] == after[names[2]])
    #expect(after[names[1]] == before[names[1]])
    let (first, second) = (before[names[0]] ?? [], before[names[2]] ?? [])
    let mean: [Float] = zip(first, second).map { ($0 + $1) / 2 }
    #expect(after[names[0]] == mean)
    #expect(after["\(mlp).gate.fc2.weight"] == before["\(mlp).gate.fc2.weight"])
    #expect(
      throws: TamperingError.tooFewExperts(operation: "tie", expected: 2, actual: 1)
    ) { try ExpertTying(experts: ["a", "a"]) }
  }

  @Test(arguments: [0, 1, 2]) func scalingMultipliesTheLogits(_ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", depth: depth)
    try tamper(models, "moe", RouterScaling(factor: 2), to: "out")
    let (before, after) = (try models.outputs("moe"), try models.outputs("out"))
    for place in 0..<8 {
      // Layer 0 only: later layers see other inputs.
      let (old, new) = (before.routerLogits[place * 3], after.routerLogits[place * 3])
      #expect(abs(2 * old - new) < 1e-6)
    }
  }

  @Test(arguments: [0, 1, 2]) func shiftingAddsToOneExpertsLogits(_ depth: Int) throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", full: true, depth: depth)
    try tamper(models, "moe", RouterShifting(["b": 0.25]), to: "out")
    let (before, after) = (
      try models.outputs("moe").routerLogits, try models.outputs("out").routerLogits
    )
    for sample in 0..<4 {
      let (a, b) = (sample * 6, sample * 6 + 3)
      #expect(abs(before[a] - after[a]) < 1e-6)
      #expect(abs(before[b] + 0.25 - after[b]) < 1e-6)
    }
  }

  @Test func pruningARecipePrunesFullWeightsAndTakesTaskVectorsAgain() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe")
    try tamper(models, "moe", MagnitudePruning(sparsity: 0.3), experts: ["b"], to: "out")
    try tamper(models, "b", MagnitudePruning(sparsity: 0.3), to: "pruned-b")
    // Names are labels: the pruned tower merged under any name has the same tensors.
    try models.merge(["a", "pruned-b"], to: "scratch", full: true)
    #expect(try models.tensors("out") == models.tensors("scratch"))
  }

  @Test func wandaCalibratesEachExpertOfARecipeOnItsOwnTower() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe")
    let pruning = try WandaPruning(
      pattern: .structured(kept: 2, group: 4), images: calibration())
    try tamper(models, "moe", pruning, to: "out")
    try tamper(models, "a", pruning, to: "pruned-a")
    try tamper(models, "b", pruning, to: "pruned-b")
    try models.merge(["pruned-a", "pruned-b"], to: "scratch", full: true)
    #expect(try models.tensors("out") == models.tensors("scratch"))
  }

  @Test func expertsOfAFullMixtureArePrunedAsBasePlusTaskVector() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe", full: true)
    try tamper(models, "moe", MagnitudePruning(sparsity: 0.3), experts: ["a"], to: "out")
    let (before, after) = (try models.tensors("moe"), try models.tensors("out"))
    let mlp = "vision_model.encoder.layers.0.mlp"
    let base = after["\(mlp).base_model.fc1.weight"] ?? []
    let difference = after["\(mlp).task_vectors.0.fc1.weight"] ?? []
    let pruned: [Float] = zip(base, difference).map { $0 + $1 }
    #expect(pruned.count { $0 == 0 } == 39)
    let kept = "\(mlp).task_vectors.1.fc1.weight"
    #expect(after[kept] == before[kept])
    let outside = "vision_model.encoder.layers.0.self_attn.q_proj.weight"
    #expect(after[outside] == before[outside])
  }

  @Test func wrongNamesAndEmptyMixturesAreRefused() throws {
    let models = try TinyModels()
    try models.merge(["a"], to: "one")
    try models.merge(["a", "b"], to: "moe")
    #expect(throws: TamperingError.nothingLeft(model: models.path("one"))) {
      try tamper(models, "one", ExpertDeletion(expert: "a", router: .keep, seed: 0), to: "x")
    }
    let unknown = TamperingError.unknownExpert(
      name: "z", model: models.path("moe"), known: ["a", "b"])
    #expect(throws: unknown) {
      try tamper(models, "moe", ExpertDeletion(expert: "z", router: .keep, seed: 0), to: "x")
    }
    #expect(throws: unknown) {
      try tamper(models, "moe", WeightNoise(sigma: 0.1, seed: 0), experts: ["z"], to: "x")
    }
    #expect(throws: TamperingError.duplicateExpert(name: "b")) {
      let b = try NewExpert(name: "b", model: models.model("d"))
      try tamper(models, "moe", ExpertAddition(b, router: .keep, seed: 0), to: "x")
    }
  }
}
