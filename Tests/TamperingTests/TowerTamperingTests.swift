import Checkpoints
import Documents
import Files
import Foundation
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import VisionTransformers

/// Tampers with a model of `models` and writes it beside the others.
@discardableResult
func tamper(
  _ models: TinyModels, _ model: String, _ operation: any TamperingOperation,
  experts: [String] = [], to output: String, replacing: Bool = false
) throws -> TamperingReport {
  try ModelTampering(of: models.model(model), by: operation, experts: experts, tool: "test 1")
    .write(to: models.path(output), replacing: replacing)
}

func calibration(_ count: Int = 4) throws -> CalibrationImages {
  try CalibrationImages(
    pixels: (0..<count).flatMap(TinyModels.pixels), count: count,
    configuration: TinyModels.configuration, origin: .string("random"))
}

@Suite struct TowerTamperingTests {
  @Test(arguments: [UInt64(0), 1, 2])
  func permutedUnitsAndHeadsKeepTheFunctionOfATower(_ seed: UInt64) throws {
    let models = try TinyModels()
    let report = try tamper(models, "a", UnitPermutation(seed: seed), to: "out")
    #expect(report.changedCount > 0)
    let (before, after) = (try models.outputs("a"), try models.outputs("out"))
    #expect(largestDifference(before.features, after.features) < 1e-5)
    #expect(largestDifference(before.hiddenStates, after.hiddenStates) < 1e-5)
  }

  @Test func magnitudePruningTouchesOnlyLinearMapsOfTheEncoder() throws {
    let models = try TinyModels()
    let report = try tamper(models, "a", MagnitudePruning(sparsity: 0.3), to: "out")
    #expect(report.changedTensors.count == 6 * TinyModels.configuration.hiddenLayerCount)
    let name = "vision_model.encoder.layers.1.mlp.fc1.weight"
    let weights = try models.tensors("out")[name] ?? []
    // int(128 * 0.3) = 38, and the threshold itself goes too.
    #expect(weights.count { $0 == 0 } == 39)
    let before = try models.tensors("a"), after = try models.tensors("out")
    #expect(before["visual_projection.weight"] == after["visual_projection.weight"])
  }

  @Test func calibrationRunsTheTowersOwnForwardPass() throws {
    let models = try TinyModels()
    let configuration = TinyModels.configuration
    guard case .tower(let tensors) = try models.model("a").form else { return }
    let pass = try CalibrationPass(
      tensors, configuration, images: calibration(), pool: WorkerPool(threads: 2),
      kernels: Kernels())
    let states = try models.outputs("a").hiddenStates  // [L, S, D]
    for layer in 0..<configuration.hiddenLayerCount {
      try pass.advance(tensors, layer: layer)
      let size = 4 * configuration.hiddenSize
      let expected = Array(states[layer * size..<(layer + 1) * size])
      #expect(largestDifference(pass.classTokens, expected) < 1e-5, "layer \(layer)")
    }
  }

  @Test func wandaPrunesEveryRowAndDoesNotDependOnThreads() throws {
    let models = try TinyModels()
    for threads in [1, 3] {
      let pruning = try WandaPruning(
        pattern: .unstructured(sparsity: 0.5), images: calibration(),
        pool: WorkerPool(threads: threads))
      try tamper(models, "a", pruning, to: "out\(threads)")
    }
    let first = try models.tensors("out1")
    #expect(try models.tensors("out3") == first)
    for (name, values) in first
    where name.hasSuffix(".weight") && name.contains("layers.") && !name.contains("norm") {
      let columns = name.contains("fc2") ? 16 : 8
      for row in 0..<values.count / columns {
        let weights = values[(row * columns)..<((row + 1) * columns)]
        let zeros = weights.count { $0 == 0 }
        #expect(zeros == columns / 2, "\(name) row \(row)")
      }
    }
  }

  @Test func groupsThatDoNotFillARowAreRefused() throws {
    let models = try TinyModels()
    let pruning = try WandaPruning(
      pattern: .structured(kept: 1, group: 3), images: calibration())
    #expect(
      throws: TamperingError.groupDoesNotDivideRow(
        tensor: "vision_model.encoder.layers.0.self_attn.q_proj.weight", group: 3, columns: 8)
    ) { try tamper(models, "a", pruning, to: "out") }
  }

  @Test func blendOfAllIsTheOtherTowerAndOfNothingTheOwn() throws {
    let models = try TinyModels()
    try tamper(models, "a", Blending(with: models.model("b"), ratio: 0), to: "own")
    try tamper(models, "a", Blending(with: models.model("b"), ratio: 1), to: "other")
    #expect(try models.tensors("own") == models.tensors("a"))
    #expect(try models.tensors("other") == models.tensors("b"))
  }

  @Test func noiseHasTheSizeAskedForAndRepeatsWithItsSeed() throws {
    let models = try TinyModels()
    try tamper(models, "a", WeightNoise(sigma: 0.1, seed: 3), to: "one")
    try tamper(models, "a", WeightNoise(sigma: 0.1, seed: 3), to: "two")
    try tamper(models, "a", WeightNoise(sigma: 0.1, seed: 4), to: "three")
    let (own, one) = (try models.tensors("a"), try models.tensors("one"))
    #expect(try models.tensors("two") == one)
    #expect(try models.tensors("three") != one)
    func square(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1 * $1) } }
    var (noise, signal) = (0.0, 0.0)
    for (name, values) in own {
      let added: [Float] = zip(values, one[name] ?? []).map { $1 - $0 }
      noise += square(added)
      signal += square(values)
    }
    #expect(abs((noise / signal).squareRoot() - 0.1) < 0.01)
  }

  @Test func inputsStayByteForByteAndOperationsAreRecordedInOrder() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe")
    let before = try models.snapshot()
    try tamper(models, "a", Quantization(bits: 4), to: "one")
    try tamper(models, "one", WeightNoise(sigma: 0.01, seed: 7), to: "two")
    try tamper(models, "moe", MagnitudePruning(sparsity: 0.3), to: "three")
    let after = try models.snapshot()
    for (name, data) in before { #expect(after[name] == data, "\(name)") }
    struct Records: Decodable { var tampering: [TamperingRecord] }
    let records = try StrictJSON.decode(
      Records.self, contentsOf: models.path("two/config.json")
    ).tampering
    #expect(records.map(\.operation) == ["quantize", "noise"])
    #expect(records.map(\.seed) == [nil, 7])
    #expect(records[0].parameters == ["bits": .integer(4)])
    #expect(records[0].inputDigest == (try models.model("a").digest()))
    #expect(records[1].inputDigest == (try models.model("one").digest()))
    #expect(records[1].tool == "test 1")
  }

  @Test func aPreviewWritesNothingAndCountsWhatWritingChanges() throws {
    let models = try TinyModels()
    let before = try models.snapshot()
    let operation = try MagnitudePruning(sparsity: 0.5)
    let preview = try ModelTampering(of: models.model("a"), by: operation, tool: "test 1")
      .preview()
    #expect(try models.snapshot() == before)
    #expect(preview.output == nil)
    #expect(try tamper(models, "a", operation, to: "out").changes == preview.changes)
  }

  @Test func anOutputThatWouldChangeTheInputIsRefused() throws {
    let models = try TinyModels()
    try models.merge(["a", "b"], to: "moe")
    let operation = UnitPermutation(seed: 0)
    func isRefused(_ model: String, _ output: String) -> Bool {
      do {
        try tamper(models, model, operation, to: output, replacing: true)
        return false
      } catch TamperingError.outputTouchesInput { return true } catch { return false }
    }
    #expect(isRefused("a", "a"))
    #expect(isRefused("moe", "b"))
    #expect(isRefused("moe", "base"))
    #expect(isRefused("moe", "moe/inside"))
    #expect(!isRefused("moe", "out"))
  }

  @Test func operationsOnExpertsNeedAMixture() throws {
    let models = try TinyModels()
    #expect(
      throws: TamperingError.notAMixture(path: models.path("a"), operation: "scale-router")
    ) { try tamper(models, "a", RouterScaling(factor: 2), to: "out") }
    try models.merge(["a", "b"], to: "moe")
    #expect(throws: TamperingError.notATower(path: models.path("moe"), operation: "blend")) {
      try Blending(with: models.model("moe"), ratio: 0.5)
    }
  }

  @Test func towersOfAnotherShapeAreRefused() throws {
    let models = try TinyModels()
    var shape = TinyModels.configuration
    shape.attentionHeadCount = 2
    try FileManager.default.removeItem(atPath: models.path("d/config.json"))
    try JSONValue(encoding: shape).write(to: models.path("d/config.json"))
    #expect(
      throws: TamperingError.configurationMismatch(
        path: models.path("d"), key: "num_attention_heads", expected: "4", actual: "2")
    ) { try tamper(models, "a", Blending(with: models.model("d"), ratio: 0.5), to: "out") }
  }

  @Test func aRecordThatIsNoListIsRefused() throws {
    let models = try TinyModels()
    var keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: models.path("a/config.json"))
    keys["tampering"] = .string("none")
    try JSONValue.object(keys).write(to: models.path("a/config.json"), replacing: true)
    #expect {
      try tamper(models, "a", UnitPermutation(seed: 0), to: "out")
    } throws: { error in
      if case TamperingError.malformedRecord = error { true } else { false }
    }
  }

  @Test func calibrationImagesOfTheWrongSizeOrNumberAreRefused() {
    let shape = TinyModels.configuration
    #expect(throws: TamperingError.noCalibrationImages) {
      try CalibrationImages(pixels: [], count: 0, configuration: shape, origin: .null)
    }
    #expect(throws: TamperingError.calibrationMismatch(expected: 192, actual: 3)) {
      try CalibrationImages(pixels: [1, 2, 3], count: 1, configuration: shape, origin: .null)
    }
    #expect(
      throws: TamperingError.valueOutOfRange(
        name: "nm", expected: "N:M with N at least 1 and below M", actual: "4:4")
    ) { try WandaPruning(pattern: .structured(kept: 4, group: 4), images: calibration()) }
  }

  @Test func numbersWithoutAMeaningAreRefused() throws {
    let models = try TinyModels()
    func error(_ name: String, _ expected: String, _ actual: String) -> TamperingError {
      .valueOutOfRange(name: name, expected: expected, actual: actual)
    }
    #expect(throws: error("sigma", "at least 0", "-1.0")) { try WeightNoise(sigma: -1, seed: 0) }
    #expect(throws: error("noise", "at least 0", "nan")) {
      try ExpertCloning(expert: "a", sigma: .nan, seed: 0)
    }
    #expect(throws: error("ratio", "0 to 1", "1.5")) {
      try Blending(with: models.model("b"), ratio: 1.5)
    }
    #expect(throws: error("factor", "a finite number", "inf")) {
      try RouterScaling(factor: .infinity)
    }
    #expect(throws: error("shift of a", "a finite number", "nan")) {
      try RouterShifting(["a": .nan])
    }
    #expect(throws: TamperingError.tooFewExperts(operation: "shift-router", expected: 1, actual: 0))
    { try RouterShifting([:]) }
  }

  @Test func tensorsThatAreNoWeightsOfTheTowerAreCopiedAndPrefixesStay() throws {
    let models = try TinyModels()
    let tensors: TinyModels.Tensors = TinyModels.random(seed: 8, size: 0.4).map {
      (name: "model.\($0.name)", shape: $0.shape, values: $0.values)
    }
    try models.write(tensors + [(name: "logit_scale", shape: [], values: [4.6])], to: "wrapped")
    let report = try tamper(models, "wrapped", Quantization(bits: 3), to: "out")
    let (before, after) = (try models.tensors("wrapped"), try models.tensors("out"))
    #expect(before.keys.sorted() == after.keys.sorted())
    #expect(after["logit_scale"] == [4.6])
    #expect(report.changedTensors.allSatisfy { $0.name.hasPrefix("model.vision_model.") })
    #expect(try models.outputs("out").features.count == 4 * 6)
  }
}
