import Checkpoints
import ModelImports
import ModelMerging
import RoutedModels
import Tensors
import Testing
import VisionTransformers

/// Models that are used where they lie, without being converted first.
@Suite struct ReadingInPlaceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func merge(_ expert: String) throws -> Merge {
    try Merge(
      base: golden("tower"), experts: [.init(name: "a", path: golden(expert))],
      gates: .fresh(GateInitialization(depth: 2, seed: 0)))
  }

  /// A file states no configuration; as an expert it has that of its base model.
  @Test func filesOfWeightsAreExperts() throws {
    let output = folder.path + "/merge"
    try merge("trained.ckpt").writeRecipe(to: output, replacing: false)
    let merged = try ModelFolder(path: output)
    _ = try merged.tower()
    guard case .recipe(let parts) = merged.form else {
      Issue.record("no recipe")
      return
    }
    #expect(
      try parts.experts[0].checkpoint.digest() == Checkpoint(path: golden("trained.ckpt")).digest())
  }

  @Test func filesOfWeightsNeedAConfigurationByThemselves() throws {
    let base = try ModelFolder(path: golden("tower"))
    let file = try ModelFolder(path: golden("trained.ckpt"), assuming: base.configuration)
    #expect(file.mixture == nil && file.configuration == base.configuration)
    #expect(throws: (any Error).self) { try ModelFolder(path: golden("trained.ckpt")) }
  }

  @Test func towersOfOpenCLIPAreSeenUnderTheNamesOfHuggingFace() throws {
    let expected = try Checkpoint(path: golden("open-clip.safetensors"))
    let pixels = try expected.floats("image", shape: [1, 3, 16, 16])
    let features = try ModelFolder(path: golden("open-clip")).tower().forward(
      sampleCount: 1, request: .features, pool: WorkerPool(threads: 1), kernels: Kernels()
    ) { _, destination in
      for (index, pixel) in pixels.enumerated() { destination[index] = pixel }
    }.features
    for (our, their) in zip(features, try expected.floats("features", shape: [1, 6])) {
      #expect(abs(our - their) < 1e-4, "\(our), \(their)")
    }
  }

  @Test func anAdapterIsNoExpertByItself() throws {
    #expect(throws: ModelImportError.baseNeeded(file: try golden("lora"))) { try merge("lora") }
  }

  @Test func anExpertOfAnotherShapeIsRefused() throws {
    #expect(throws: (any Error).self) { try merge("open-clip") }
  }
}
