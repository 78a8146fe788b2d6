import ModelMerging
import RoutedModels
import Testing
import Training

@Suite struct MergeableModelTests {
  private func merge(_ scalingCoefficient: Double) throws -> (MergeableModel, [[String: [Float]]]) {
    let shape = try tinyShape()
    let models = (1...3).map { randomParameters(shape.layout, seed: $0) }
    let model = try MergeableModel(
      merging: source(models[0]), with: models[1...].map(source), shape: shape,
      scalingCoefficient: scalingCoefficient, routing: .raw, depth: .linear, gates: .fresh(seed: 4))
    return (model, models)
  }

  @Test func withCoefficientZeroTheTowerIsTheBase() throws {
    let (model, models) = try merge(0)
    for entry in model.tower.layout.entries {
      #expect(model.tower.values(entry) == models[0][entry.name])
    }
  }

  @Test func outsideTheMLPsTheMergeIsBasePlusTheScaledSumOfTaskVectors() throws {
    let (model, models) = try merge(0.3)
    let name = "vision_model.encoder.layers.1.self_attn.v_proj.weight"
    let merged = try #require(model.tower.tensor(name))
    let tensors = models.map { $0[name] ?? [] }
    for i in merged.indices {
      let base = Double(tensors[0][i])
      let expected =
        base + 0.3 * (Double(tensors[1][i]) - base + Double(tensors[2][i]) - base)
      #expect(abs(Double(merged[i]) - expected) < 1e-7)
    }
  }

  @Test func insideTheMLPsTheBaseStaysAndTaskVectorsAreDifferences() throws {
    let (model, models) = try merge(0.3)
    let prefix = "vision_model.encoder.layers.0.mlp"
    let base = try #require(models[0]["\(prefix).fc2.bias"])
    let expert = try #require(models[2]["\(prefix).fc2.bias"])
    #expect(model.tower.tensor("\(prefix).fc2.bias") == base)
    #expect(
      model.taskVectors.tensor("\(prefix).task_vectors.1.fc2.bias")
        == zip(expert, base).map { $0 - $1 })
  }

  @Test(arguments: GateDepth.allCases)
  func freshGatesHaveSmallWeightsAndTheGivenBias(depth: GateDepth) throws {
    let shape = try tinyShape()
    let parameters = randomParameters(shape.layout, seed: 1)
    let model = try MergeableModel(
      merging: source(parameters), with: [source(parameters), source(parameters)], shape: shape,
      scalingCoefficient: 0.3, routing: .softmax, depth: depth, gates: .fresh(seed: 5))
    for entry in model.gates.layout.entries {
      let values = model.gates.values(entry)
      if entry.name.hasSuffix("fc1.bias") {
        #expect(values.allSatisfy { $0 == 0 })
      } else if entry.shape.count == 1 {
        #expect(values == [0.3, 0.3])
      } else {
        #expect(values.allSatisfy { abs($0) < 0.06 && $0 != 0 })
      }
    }
  }

  @Test func aMergeWithoutExpertsIsRefused() throws {
    let shape = try tinyShape()
    #expect(throws: TrainingError.expertCount(place: "merge", expected: 0, actual: 0)) {
      try MergeableModel(
        merging: source(randomParameters(shape.layout, seed: 1)), with: [], shape: shape,
        scalingCoefficient: 0.3, routing: .raw, depth: .constant, gates: .fresh(seed: 1))
    }
  }
}
