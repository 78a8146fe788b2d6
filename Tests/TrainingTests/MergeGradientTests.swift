import ModelMerging
import Tensors
import Testing
import Training

/// A tiny WEMoE with three experts, and the same numbers for the reference.
struct TinyMerge {
  let model: MergeableModel
  let parameters: [String: [Float]]
  let merge: ReferenceMerge

  init(
    _ shape: TrainableTowerShape, depth: GateDepth, routing: RoutingMode, seed: UInt64
  ) throws {
    let experts = 3
    var parameters = randomParameters(shape.layout, seed: seed)
    let empty = try MergeableModel(
      merging: source(parameters), with: .init(repeating: source(parameters), count: experts),
      shape: shape, scalingCoefficient: 0.3, routing: routing, depth: depth,
      gates: .fresh(seed: 1))
    parameters.merge(randomParameters(empty.taskVectors.layout, seed: seed + 1, scale: 0.3)) {
      $1
    }
    parameters.merge(randomParameters(empty.gates.layout, seed: seed + 2, scale: 0.5)) { $1 }
    let named = parameters
    model = try MergeableModel(
      merged: { name, _ in named[name.replacing(".base_model.", with: ".")] ?? [] },
      shape: shape, experts: experts, routing: routing, depth: depth)
    self.parameters = parameters
    merge = ReferenceMerge(experts: experts, depth: depth, routing: routing)
  }
}

@Suite struct MergeGradientTests {
  @Test(
    arguments: [Activation.quickGELU, .gelu],
    GateDepth.allCases.flatMap { depth in RoutingMode.allCases.map { (depth, $0) } })
  func everyGradientOfTheMergeEqualsCentralDifferences(
    activation: Activation, gate: (depth: GateDepth, routing: RoutingMode)
  ) throws {
    let shape = try tinyShape(activation)
    let tiny = try TinyMerge(shape, depth: gate.depth, routing: gate.routing, seed: 21)
    let data = MemoryData(count: 2, shape: shape, classes: 4, seed: 22)
    let (head, reference) = try randomHead(classes: 4, width: shape.projection, seed: 23)
    let trainer = try GateTrainer(
      model: tiny.model, tasks: [TrainingTask(name: "random", data: data, head: head)],
      scope: .gatesAndTaskVectors, settings: testSettings(batchSize: 2))
    let (loss, gates, taskVectors) = try trainer.gradients()
    let images = data.images.map { $0.map(Double.init) }
    func referenceLoss(_ parameters: [String: [Double]]) -> Double {
      let tower = ReferenceTower(shape, parameters, merge: tiny.merge)
      return images.reduce(0.0) {
        $0 + tower.loss($1, head: reference, label: 0, objective: .entropy)
      } / Double(images.count)
    }
    let parameters = doubles(tiny.parameters)
    #expect(abs(loss - referenceLoss(parameters)) < 2e-6)
    checkGradients(gates, tiny.model.gates.layout, of: parameters, loss: referenceLoss)
    checkGradients(
      try #require(taskVectors), tiny.model.taskVectors.layout, of: parameters,
      loss: referenceLoss)
  }

  @Test func gatesGetTheSameBitsWhetherTaskVectorsAreTrainedOrNot() throws {
    let shape = try tinyShape()
    let tiny = try TinyMerge(shape, depth: .hidden, routing: .softmax, seed: 31)
    let data = MemoryData(count: 5, shape: shape, classes: 4, seed: 32)
    let (head, _) = try randomHead(classes: 4, width: shape.projection, seed: 33)
    let gradients = try GateTrainer.Scope.allCases.map { scope in
      try GateTrainer(
        model: tiny.model, tasks: [TrainingTask(name: "random", data: data, head: head)],
        scope: scope, settings: testSettings(batchSize: 5)
      ).gradients().gates
    }
    #expect(gradients[0] == gradients[1])
    #expect(gradients[0].contains { $0 != 0 })
  }
}
