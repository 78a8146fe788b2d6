import Coordinates
import ExpertResponses
import Foundation
import ModelMerging
import RoutedModels
import Synchronization
import Tampering
import Tensors
import Testing
import VisionTransformers

@Suite struct FunctionalResponsesTests {
  /// G of the given experts in Double, from the definition.
  private func reference(
    _ names: [String], world: TinyExperts, samples: Int
  ) throws -> [[Double]] {
    let shape = TinyExperts.configuration
    let (D, F, T, L) = (
      shape.hiddenSize, shape.intermediateSize, shape.tokenCount, shape.hiddenLayerCount
    )
    let reference = try world.reference()
    let tokens = try VisionTower(dense: reference.folded, shape).forward(
      sampleCount: samples, request: .mlpInputs, pool: WorkerPool(threads: 1), kernels: Kernels(),
      pixels: TinyExperts.write
    ).mlpInputs
    func outputs(_ tower: any TensorSource, _ layer: Int) throws -> [Double] {
      func values(
        _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
      ) throws -> [Double] {
        try tower.tensor(TensorRole(component, kind, layer: layer, slot: .dense), shape: shape)
          .map(Double.init)
      }
      let fc1 = try values(.up, .weight, [F, D])
      let bias1 = try values(.up, .bias, [F])
      let fc2 = try values(.down, .weight, [D, F])
      let bias2 = try values(.down, .bias, [D])
      return (0..<samples * T).flatMap { token -> [Double] in
        let x = (0..<D).map { Double(tokens[(layer * samples * T + token) * D + $0]) }
        let hidden = (0..<F).map { unit -> Double in
          let z = bias1[unit] + (0..<D).reduce(0) { $0 + fc1[unit * D + $1] * x[$1] }
          return z / (1 + exp(-1.702 * z))  // quick GELU
        }
        let output = (0..<D).map { row in
          bias2[row] + (0..<F).reduce(0) { $0 + fc2[row * F + $1] * hidden[$1] }
        }
        return output.map { $0 - output.reduce(0, +) / Double(D) }
      }
    }
    return try (0..<L).map { layer in
      let origin = try outputs(reference.folded, layer)
      let responses = try names.map { name in
        let folded = try Realignment(of: world.expert(name), to: reference).folded
        return zip(try outputs(folded.tensors, layer), origin).map { $0 - $1 }
      }
      return responses.flatMap { a in
        responses.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      }
    }
  }

  @Test func productsAgreeWithTheDefinitionInDouble() throws {
    let world = try TinyExperts()
    let products = try world.products("x")
    let expected = try reference(
      ["v", "x"] + TinyExperts.nulls, world: world, samples: 5)
    #expect(products.maskedShare == 0)
    #expect(products.layers.count == 2)
    for (own, other) in zip(products.layers, expected) {
      for index in own.indices {
        let scale = (other[index / 5 * 6] * other[index % 5 * 6]).squareRoot()
        #expect(abs(own[index] - other[index]) < 1e-5 * scale)
      }
    }
  }

  @Test func productsDependOnNeitherBatchNorThreads() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: MagnitudePruning(sparsity: 0.5), to: "pruned")
    let responses = try world.responses([world.expert("x"), world.expert("pruned")])
    var seen: Set<[[Double]]> = []
    for (batch, threads) in [(1, 1), (3, 2), (5, 1), (64, 3)] {
      let products = try responses.products(
        sampleCount: 5, batch: batch, pool: WorkerPool(threads: threads),
        pixels: TinyExperts.write)
      seen.insert(products[0].flatMap(\.layers))
    }
    #expect(seen.count == 1)
  }

  @Test func blocksHoldEveryOtherImageAndAddUp() throws {
    let world = try TinyExperts()
    let responses = try world.responses([world.expert("x")])
    func products(_ samples: [Int], blocks: Int) throws -> FunctionalResponses.PairProducts {
      try responses.products(
        sampleCount: samples.count, blockCount: blocks, batch: 2, pool: WorkerPool(threads: 2)
      ) { TinyExperts.write(samples[$0], $1) }[0][0]
    }
    let whole = try products([0, 1, 2, 3, 4], blocks: 2)
    #expect(whole.blocks.count == 2)
    #expect(try whole.blocks[0] == products([0, 2, 4], blocks: 1).layers)
    #expect(try whole.blocks[1] == products([1, 3], blocks: 1).layers)
    for layer in whole.layers.indices {
      #expect(whole.layers[layer] == zip(whole.blocks[0][layer], whole.blocks[1][layer]).map(+))
    }
    #expect(try products([0, 1], blocks: 9).blocks.count == 2)
  }

  @Test func imagesAreTakenBatchByBatch() throws {
    // What is kept of a batch is its share of the sums: no image is asked for before the sums of all
    // earlier batches are made, and none twice.
    let world = try TinyExperts()
    let asked = Mutex<[Int]>([])
    let reports = Mutex<[[Int]]>([])
    _ = try world.responses([world.expert("x")]).products(
      sampleCount: 7, batch: 2, pool: WorkerPool(threads: 2),
      progress: { done, total in
        let sofar = asked.withLock { $0.sorted() }
        reports.withLock { $0.append(sofar + [done, total]) }
      },
      pixels: { sample, destination in
        asked.withLock { $0.append(sample) }
        TinyExperts.write(sample, destination)
      })
    #expect(
      reports.withLock { $0 } == [2, 4, 6, 7].map { done in Array(0..<done) + [done, 7] })
  }

  @Test func aTokenOfASampleIsTheSameInEveryCompany() throws {
    let world = try TinyExperts()
    let tower = try world.model("base").tower()
    func inputs(_ samples: Int) throws -> TowerOutputs {
      try tower.forward(
        sampleCount: samples, request: .mlpInputs, pool: WorkerPool(threads: 2),
        kernels: Kernels(), pixels: TinyExperts.write)
    }
    let (one, many) = (try inputs(1).mlpInputs, try inputs(3).mlpInputs)
    let shape = TinyExperts.configuration
    let stride = shape.tokenCount * shape.hiddenSize
    #expect(many.count == 3 * stride * shape.hiddenLayerCount)
    for layer in 0..<shape.hiddenLayerCount {
      let first = many[layer * 3 * stride..<layer * 3 * stride + stride]
      #expect(Array(first) == Array(one[layer * stride..<(layer + 1) * stride]))
    }
  }

  @Test func renumberingHiddenUnitsChangesNothing() throws {
    let world = try TinyExperts()
    let plain = try world.products("x")
    try world.tamper("x", by: UnitPermutation(seed: 4), to: "permuted")
    #expect(relativeDifference(plain, try world.products("permuted")) < 1e-4)
    try world.merge(["v", "x"], to: "mixture", full: true)
    let merged = try world.products(world.model("mixture").expertTowers[1])
    try world.tamper("mixture", by: UnitPermutation(seed: 5), to: "permuted-mixture")
    let experts = try world.model("permuted-mixture").expertTowers
    #expect(experts.map(\.name) == ["v", "x"])
    #expect(relativeDifference(merged, try world.products(experts[1])) < 1e-4)
  }

  @Test func anExpertIsTheSameInATowerAndInARecipe() throws {
    let world = try TinyExperts()
    try world.merge(["v", "x"], to: "mixture", full: false)
    let inside = try world.products(world.model("mixture").expertTowers[1])
    #expect(relativeDifference(try world.products("x"), inside) < 1e-5)
  }

  @Test func aPrunedCopyIsTheVictimOnTheWeightsThatSurvived() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: MagnitudePruning(sparsity: 0.6), to: "pruned")
    let products = try world.products("pruned")
    #expect(abs(products.maskedShare - 0.6) < 0.01)
    for layer in products.layers {
      // Victim and suspect have the same weights left, to the last bit.
      #expect(layer[0] == layer[1])
      #expect(layer[1] == layer[6])
    }
    // Without masks the removed weights would hide it.
    let dense = try world.products("x")
    #expect(products.layers[0][0] < dense.layers[0][0])
    // A dense suspect beside it is compared on all weights.
    let both = try world.responses([world.expert("pruned"), world.expert("x")]).products(
      sampleCount: 5, batch: 3, pool: WorkerPool(threads: 2), pixels: TinyExperts.write)
    #expect(both[0][0].layers == products.layers)
    #expect(both[0][1].layers == dense.layers)
  }

  @Test func aPrunedCopyIsFoundWithItsUnitsRenumbered() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: MagnitudePruning(sparsity: 0.5), to: "pruned")
    try world.tamper("pruned", by: UnitPermutation(seed: 9), to: "both")
    let difference = relativeDifference(
      try world.products("pruned"), try world.products("both"))
    #expect(difference < 1e-4)
  }

  @Test func aRoundedExpertIsNotMasked() throws {
    let world = try TinyExperts()
    try world.tamper("v", by: Quantization(bits: 4), to: "rounded")
    #expect(try world.products("rounded").maskedShare == 0)
  }

  @Test func whatCannotBeComparedIsRefused() throws {
    let world = try TinyExperts()
    try world.merge(["v", "x"], to: "mixture", full: true)
    let expert = try world.expert("x")
    #expect(throws: ResponseError.baseIsNoTower(path: world.path("mixture"))) {
      try FunctionalResponses(base: world.model("mixture"), victims: [], suspects: [expert])
    }
    #expect(throws: ResponseError.noNulls(victim: "x")) {
      try FunctionalResponses(
        base: world.model("base"),
        victims: [FunctionalResponses.Victim(expert: expert, nulls: [])], suspects: [expert])
    }
    #expect(throws: ResponseError.noProbes) {
      try world.responses([expert]).products(
        sampleCount: 0, batch: 1, pool: WorkerPool(threads: 1), pixels: TinyExperts.write)
    }
    var shape = TinyExperts.configuration
    shape.hiddenActivation = "gelu"
    let other = ExpertTower(name: "other", tensors: expert.tensors, configuration: shape)
    #expect(
      throws: CoordinateError.otherShape(
        path: world.path("x"), key: "hidden_act", expected: "quick_gelu", actual: "gelu")
    ) { try world.responses([other]) }
  }
}
