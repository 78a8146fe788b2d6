import Baselines
import Checkpoints
import Documents
import ExpertResponses
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import Training
import VisionTransformers

/// SigLIP's tower against numbers that `Scripts/goldens/siglip.py` recorded with PyTorch.
@Suite struct SiglipTests {
  let folder = TemporaryFolder()

  private func model(_ name: String) throws -> ModelFolder {
    try ModelFolder(path: Golden.path(name))
  }

  private func merge(to name: String, full: Bool = false) throws -> ModelFolder {
    let merge = try Merge(
      base: Golden.path("base"),
      experts: ["one", "two"].map { try Merge.Expert(name: $0, path: Golden.path($0)) },
      gates: .file(GateFile(path: Golden.path("gates.safetensors"))))
    if full {
      try merge.writeFull(to: folder.path(name), replacing: false)
    } else {
      try merge.writeRecipe(to: folder.path(name), replacing: false)
    }
    return try ModelFolder(path: folder.path(name))
  }

  @Test("a folder is recognised by its type, and by its tensors where that is not stated")
  func recognition() throws {
    let model = try model("base")
    #expect(model.names.family == "SigLIP vision tower")
    #expect(model.configuration.tokenCount == 16)
    #expect(model.configuration.hiddenActivation == "gelu_pytorch_tanh")
    #expect(model.configuration.layerNormEpsilon == 1e-6)
    try folder.copy(Golden.path("base"), to: "untyped") { $0["model_type"] = nil }
    #expect(try ModelFolder(path: folder.path("untyped")).names.family == "SigLIP vision tower")
  }

  @Test(
    "features and hidden states are PyTorch's",
    arguments: InstructionSet.allCases.filter(\.isAvailable))
  func features(_ set: InstructionSet) throws {
    let outputs = try Golden.run(model("base").tower(), Kernels(set))
    let expected = try Golden.floats("features", [4, 16])
    #expect(largestDifference(outputs.features, expected) < 2e-5)
    let hidden = try Golden.floats("hidden_states", [3, 4, 16, 16])  // [L, S, T, D]
    var means: [Float] = []
    for row in 0..<12 {
      for index in 0..<16 {
        var sum: Float = 0
        for token in 0..<16 { sum += hidden[(row * 16 + token) * 16 + index] }
        means.append(sum / 16)
      }
    }
    #expect(largestDifference(outputs.hiddenStates, means) < 2e-5)
  }

  @Test("a mixture routes as PyTorch's, by recipe and in full", arguments: [false, true])
  func mixture(full: Bool) throws {
    let model = try merge(to: "m", full: full)
    let outputs = try Golden.run(model.tower())
    #expect(
      largestDifference(outputs.routerLogits, try Golden.floats("router_logits", [4, 2, 3])) < 2e-5)
    #expect(
      largestDifference(outputs.features, try Golden.floats("merged_features", [4, 16])) < 5e-5)
  }

  @Test("numbers do not depend on threads, on the batch, or on packing")
  func reproducibility() throws {
    let model = try merge(to: "m")
    let one = try Golden.run(model.tower(), pool: WorkerPool(threads: 1))
    let two = try Golden.run(model.tower(), pool: WorkerPool(threads: 2))
    #expect(one == two)
  }

  @Test("functions stay under a permutation of units and heads; the weights do not")
  func permutation() throws {
    let tower = try model("one")
    _ = try ModelTampering(of: tower, by: UnitPermutation(seed: 3), tool: "test")
      .write(to: folder.path("permuted"), replacing: false)
    let permuted = try ModelFolder(path: folder.path("permuted"))
    let (before, after) = (try Golden.run(tower.tower()), try Golden.run(permuted.tower()))
    #expect(largestDifference(before.features, after.features) < 1e-5)
    #expect(try tower.digest() != permuted.digest())
  }

  @Test("every operation on weights works on a tower and on a mixture")
  func tampering() throws {
    let pixels = try Golden.floats("pixels", [4, 3, 16, 16])
    let configuration = try model("base").configuration
    let operations: [any TamperingOperation] = [
      try MagnitudePruning(sparsity: 0.5),
      try WandaPruning(
        pattern: .unstructured(sparsity: 0.5),
        images: CalibrationImages(
          pixels: pixels, count: 4, configuration: configuration, origin: .string("golden"))),
      try Quantization(bits: 4), try WeightNoise(sigma: 0.01, seed: 1),
      try Blending(with: model("two"), ratio: 0.5),
    ]
    let mixture = try merge(to: "m")
    for operation in operations {
      for model in [try model("one"), mixture] {
        let report = try ModelTampering(of: model, by: operation, tool: "test").preview()
        #expect(report.changedCount > 0, "\(operation.name)")
      }
    }
  }

  @Test("experts are told apart by weights: cosines, invariant terms")
  func baselines() throws {
    let mixture = try merge(to: "m")
    let weights = ModelWeights(mixture)
    #expect(abs(try ModelPCS(victim: weights, suspect: weights).similarity - 1) < 1e-9)
    #expect(abs(try ModelICS(victim: weights, suspect: weights).similarity - 1) < 1e-9)
    let experts = try ExpertTaskVectors(mixture)
    let pcs = try ExpertPCS(victim: experts, suspect: experts)
    #expect(pcs.similarities.values[0][0] > 0.999 && pcs.similarities.values[0][1] < 0.5)
  }

  @Test("the response of a copy is the victim's own")
  func responses() throws {
    let base = try model("base")
    let (one, two) = (try model("one").expertTowers[0], try model("two").expertTowers[0])
    let responses = try FunctionalResponses(
      base: base, victims: [.init(expert: one, nulls: [two])], suspects: [one])
    let pixels = try Golden.floats("pixels", [4, 3, 16, 16])
    let count = base.configuration.pixelCount
    let products = try responses.products(
      sampleCount: 4, batch: 4, pool: WorkerPool(threads: 1)
    ) { sample, destination in
      for index in 0..<count { destination[index] = pixels[sample * count + index] }
    }
    // Victim, suspect, null: <v, v> = <v, s> = <s, s>.
    let layer = products[0][0].layers[0]
    #expect(abs(layer[0] - layer[1]) <= 1e-9 * abs(layer[0]))
  }

  @Test("training is refused by the family's name")
  func training() throws {
    let configuration = try model("base").configuration
    #expect(
      throws: TrainingError.unsupportedFamily(file: "config.json", family: "SigLIP vision tower")
    ) { try TrainableTowerShape(configuration, file: "config.json") }
  }
}
