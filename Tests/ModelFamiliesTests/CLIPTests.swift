import Checkpoints
import Documents
import Files
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import Testing
import VisionTransformers

/// Names and parts of CLIP towers as others save them.
@Suite struct CLIPTests {
  let folder = TemporaryFolder()

  private static var configuration: VisionTowerConfiguration {
    var shape = CLIPFamily.defaults
    shape.hiddenSize = 8
    shape.intermediateSize = 12
    shape.hiddenLayerCount = 2
    shape.attentionHeadCount = 2
    shape.imageSize = 8
    shape.patchSize = 4
    shape.projectionSize = 6
    return shape
  }

  private func write(_ name: String, seed: UInt64, leavingOut: Set<TensorRole> = []) throws {
    let shape = Self.configuration
    var generator = SeededGenerator(seed: seed)
    let tensors = shape.towerTensors.map { tensor in
      (
        tensor,
        (0..<tensor.shape.reduce(1, *)).map { _ in Float(0.2 * generator.normal()) }
      )
    }
    let path = folder.path(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try writeSafetensors(
      path: "\(path)/model.safetensors",
      tensors: tensors.filter { !leavingOut.contains($0.0.role) }.map { tensor, values in
        (
          TensorSpecification(
            name: shape.names.name(of: tensor.role), elementType: .f32, shape: tensor.shape), values
        )
      })
    try JSONValue(encoding: shape).write(to: "\(path)/config.json")
  }

  private func merge(_ experts: [String], depth: Int = 2, to name: String) throws -> ModelFolder {
    try Merge(
      base: folder.path("base"),
      experts: experts.map { Merge.Expert(name: $0, path: folder.path($0)) },
      gates: .fresh(GateInitialization(depth: depth, seed: 1))
    ).writeRecipe(to: folder.path(name), replacing: false)
    return try ModelFolder(path: folder.path(name))
  }

  private func features(_ model: ModelFolder) throws -> [Float] {
    try model.tower().forward(
      sampleCount: 1, pool: WorkerPool(threads: 1), kernels: Kernels()
    ) { _, destination in
      for index in 0..<Self.configuration.pixelCount { destination[index] = Float(index % 7) / 7 }
    }.features
  }

  @Test(
    "a tower is the same under every prefix, with and without vision_model",
    arguments: ["", "model.", "clip_model.vision_model.", "a.b.c.vision_model."])
  func prefixes(prefix: String) throws {
    try write("base", seed: 1)
    try folder.rename(folder.path("base"), to: "other") { name in
      let short = name.replacingOccurrences(of: "vision_model.", with: "")
      let start =
        name == short ? prefix.replacingOccurrences(of: "vision_model.", with: "") : prefix
      return [start + short]
    }
    let (base, other) = (
      try ModelFolder(path: folder.path("base")), try ModelFolder(path: folder.path("other"))
    )
    #expect(try features(base) == features(other))
  }

  @Test("two towers in one file are refused with both places")
  func twoTowers() throws {
    try write("base", seed: 1)
    try folder.rename(folder.path("base"), to: "two") { [$0, "ema.\($0)"] }
    let error = #expect(throws: ModelFamilyError.self) {
      try ModelFolder(path: folder.path("two"))
    }
    #expect(
      error?.what
        == "expected one CLIP vision tower, found 2, whose names begin with `ema.vision_model.`, "
        + "`vision_model.`")
  }

  @Test("a tower beside a text model is found; a file without any is refused by the landmark")
  func otherTensors() throws {
    try write("base", seed: 1)
    try folder.rename(folder.path("base"), to: "none") {
      $0.contains("class_embedding") ? [] : [$0]
    }
    #expect(throws: ModelFamilyError.self) { try ModelFolder(path: folder.path("none")) }
  }

  @Test("an expert without a projection takes the base's, in mixtures and static merges")
  func borrowedProjection() throws {
    let projection = TensorRole(.projection)
    try write("base", seed: 1)
    try write("whole", seed: 2)
    try write("part", seed: 2, leavingOut: [projection])
    let model = try merge(["whole", "part"], to: "m")
    #expect(try features(model).count == 6)
    for method in StaticMerge.Method.allCases {
      try StaticMerge(
        method, base: folder.path("base"),
        experts: [Merge.Expert(name: "part", path: folder.path("part"))], scalingCoefficient: 1,
        keptShare: 1
      ).write(to: folder.path(method.rawValue), replacing: false)
      let merged = try Checkpoint(path: folder.path(method.rawValue))
      let base = try Checkpoint(path: folder.path("base"))
      let name = "visual_projection.weight"
      #expect(try merged.floats(name, shape: [6, 8]) == base.floats(name, shape: [6, 8]))
    }
  }

  @Test("a merge of an incomplete expert is refused before anything is written")
  func incompleteExpert() throws {
    try write("base", seed: 1)
    try write(
      "part", seed: 2, leavingOut: [TensorRole(.down, .bias, layer: 1, slot: .dense)])
    #expect(throws: CheckpointError.self) { try merge(["part"], to: "m") }
    #expect(!FileManager.default.fileExists(atPath: folder.path("m")))
  }

  @Test("a merge of weights that are not finite is refused before anything is written")
  func infiniteExpert() throws {
    try write("base", seed: 1)
    try write("one", seed: 2)
    let file = "\(folder.path("one"))/model.safetensors"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0x80, 0x7F])
    try bytes.write(to: URL(fileURLWithPath: file))
    #expect(throws: CheckpointError.self) { try merge(["one"], to: "m") }
    #expect(!FileManager.default.fileExists(atPath: folder.path("m")))
  }

  @Test("a gate of depth 1 that calls its map fc1 can be run and tampered with")
  func numberedGate() throws {
    try write("base", seed: 1)
    try write("one", seed: 2)
    let model = try merge(["one"], depth: 1, to: "m")
    let rewriting = try ModelTampering(
      of: model, by: RouterScaling(factor: 1), tool: "test"
    )
    _ = try rewriting.write(to: folder.path("full"), replacing: false)
    try folder.rename(folder.path("full"), to: "numbered") {
      [$0.replacingOccurrences(of: ".gate.fc.", with: ".gate.fc1.")]
    }
    let numbered = try ModelFolder(path: folder.path("numbered"))
    #expect(try features(numbered) == features(ModelFolder(path: folder.path("full"))))
    let report = try ModelTampering(of: numbered, by: RouterScaling(factor: 2), tool: "test")
      .preview()
    #expect(report.changedCount > 0)
  }

  @Test("an operation that is of neither kind is refused, not recorded as done")
  func idleOperation() throws {
    struct Idle: TamperingOperation {
      let name = "idle"
      let parameters: [String: JSONValue] = [:]
    }
    try write("base", seed: 1)
    try write("one", seed: 2)
    for path in ["base", try merge(["one"], to: "m").path] {
      let path = path == "base" ? folder.path(path) : path
      #expect(throws: TamperingError.unsupportedOperation(operation: "idle", path: path)) {
        try ModelTampering(of: ModelFolder(path: path), by: Idle(), tool: "test")
      }
    }
  }

  @Test("null keys are as if they were not there, and the key of the element type stays")
  func nullKeysAndElementTypes() throws {
    try write("base", seed: 1)
    try write("one", seed: 2)
    let nulls = ["vision_config", "wemoe", "model_type", "tampering", "torch_dtype"]
    try folder.copy(folder.path("base"), to: "null") { keys in
      for key in nulls { keys[key] = .null }
      keys["dtype"] = .string("float32")
    }
    let model = try ModelFolder(path: folder.path("null"))
    #expect(try features(model) == features(ModelFolder(path: folder.path("base"))))
    _ = try ModelTampering(of: model, by: Quantization(bits: 8), tool: "test")
      .write(to: folder.path("out"), elementType: .f16, replacing: false)
    let keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: "\(folder.path("out"))/config.json")
    #expect(keys["dtype"] == .string("float16") && keys["torch_dtype"] == .null)
  }
}
