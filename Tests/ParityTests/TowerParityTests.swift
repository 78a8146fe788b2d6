import Checkpoints
import ModelMerging
import RoutedModels
import Tensors
import Testing
import VisionTransformers

/// The base tower against PyTorch's numbers for 20 decoded images.
@Suite struct TowerParityTests {
  @Test(arguments: InstructionSet.allCases.filter(\.isAvailable))
  func hiddenStatesAgreeLayerByLayerAndFeaturesWithin2e4(_ set: InstructionSet) throws {
    guard let shared = SharedMaterial.folder(for: #function) else { return }
    let goldens = try Checkpoint(path: "\(shared)/zoo/goldens-base.safetensors")
    let images = try GoldenImages(goldens)
    let model = try ModelFolder(path: "\(shared)/zoo/base")
    let tower = try model.tower()
    let shape = tower.configuration
    let outputs = try tower.forward(
      sampleCount: images.count, request: [.features, .hiddenStates], pool: WorkerPool(),
      kernels: Kernels(set)
    ) { sample, destination in images.write(sample, to: destination) }

    let (L, S, D) = (shape.hiddenLayerCount, images.count, shape.hiddenSize)
    let hidden = try goldens.floats("hidden", shape: [L, S, D])
    for layer in 0..<L {
      let range = layer * S * D..<(layer + 1) * S * D
      let divergence = Divergence(
        expected: hidden[range], actual: outputs.hiddenStates[range])
      // Later layers inherit the error, so the first one that diverges is the one to look at.
      try #require(divergence.absolute < 2e-4, "layer \(layer): \(divergence)")
    }
    let features = try goldens.floats("features", shape: [S, shape.projectionSize])
    let divergence = Divergence(
      expected: features, actual: unitRows(outputs.features, width: shape.projectionSize))
    #expect(divergence.absolute < 2e-4, "features: \(divergence)")
  }

  @Test func resultsDoNotDependOnThreadsOrOnTheBatch() throws {
    guard let shared = SharedMaterial.folder(for: #function) else { return }
    let images = try GoldenImages(
      Checkpoint(path: "\(shared)/zoo/goldens-base.safetensors"))
    let tower = try ModelFolder(path: "\(shared)/zoo/base").tower()
    // Kept between passes of other sizes, so that a pass meets what another one left.
    let memory = TowerMemory()
    func run(_ range: Range<Int>, threads: Int) throws -> [Float] {
      try tower.forward(
        sampleCount: range.count, request: .features, pool: WorkerPool(threads: threads),
        kernels: Kernels(), memory: memory
      ) { sample, destination in images.write(range.lowerBound + sample, to: destination) }
      .features
    }
    let whole = try run(0..<20, threads: 1)
    #expect(try run(0..<20, threads: 2) == whole)
    #expect(try run(0..<20, threads: 7) == whole)
    // Fewer samples than threads: their products are split by columns.
    #expect(try run(0..<1, threads: 3) + run(1..<4, threads: 4) + run(4..<20, threads: 3) == whole)
    #expect(try run(0..<1, threads: 1) + run(1..<4, threads: 2) + run(4..<20, threads: 3) == whole)
  }
}
