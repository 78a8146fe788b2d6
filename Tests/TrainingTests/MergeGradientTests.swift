import ModelMerging
import RoutedModels
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
      merged: { named[$0.name.replacing(".base_model.", with: ".")] ?? [] },
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
    checkGradients(
      try #require(gates), tiny.model.gates.layout, of: parameters, loss: referenceLoss)
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
      ).gradients()
    }
    let gates = gradients.compactMap(\.gates)
    let taskVectors = gradients.compactMap(\.taskVectors)
    #expect(gates.count == 2 && gates[0] == gates[1])
    #expect(gates[0].contains { $0 != 0 })
    // The gates' share of the gradients below them stays when they are frozen.
    #expect(taskVectors.count == 2 && taskVectors[0] == taskVectors[1])
    #expect(taskVectors[0].contains { $0 != 0 })
  }

  @Test(arguments: GateDepth.allCases, [false, true])
  func gradientsOfFineTuningEqualCentralDifferences(depth: GateDepth, frozen: Bool) throws {
    let shape = try tinyShape()
    let tiny = try TinyMerge(shape, depth: depth, routing: .softmax, seed: 61)
    var tasks: [TrainingTask] = []
    var references: [(data: MemoryData, head: ReferenceHead)] = []
    for task in 0..<2 {
      let data = MemoryData(count: 2, shape: shape, classes: 4, seed: 62 + UInt64(task))
      let (head, reference) = try randomHead(
        classes: 4 + task, width: shape.projection, seed: 64 + UInt64(task))
      tasks.append(TrainingTask(name: "task \(task)", data: data, head: head))
      references.append((data, reference))
    }
    let trainer = try GateTrainer(
      fineTuning: tiny.model, tasks: tasks, freezingGates: frozen, labelSmoothing: 0.1,
      settings: testSettings(batchSize: 2))
    let (loss, gates, taskVectors) = try trainer.gradients()
    func referenceLoss(_ parameters: [String: [Double]]) -> Double {
      let tower = ReferenceTower(shape, parameters, merge: tiny.merge)
      return references.reduce(0.0) { sum, task in
        zip(task.data.images, task.data.labels).reduce(sum) {
          $0 + tower.loss(
            $1.0.map(Double.init), head: task.head, label: $1.1,
            objective: .crossEntropy(smoothing: 0.1)) / 2
        }
      }
    }
    let parameters = doubles(tiny.parameters)
    #expect(abs(loss - referenceLoss(parameters)) < 5e-6)
    #expect((gates == nil) == frozen)
    if let gates {
      checkGradients(gates, tiny.model.gates.layout, of: parameters, loss: referenceLoss)
    }
    checkGradients(
      try #require(taskVectors), tiny.model.taskVectors.layout, of: parameters,
      loss: referenceLoss)
  }
}
