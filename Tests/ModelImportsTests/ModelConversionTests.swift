import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelImports
import Testing

/// A folder that is removed with its contents when the last reference goes.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "routemark-imports-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A copy of a recorded file or folder, to be changed.
  func copy(_ name: String) throws -> String {
    let copy = "\(path)/\(name)"
    try FileManager.default.copyItem(atPath: golden(name), toPath: copy)
    return copy
  }

  /// Changes the keys of a JSON file.
  func change(_ file: String, _ keys: [String: JSONValue]) throws {
    let old = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    try JSONValue.object(old.merging(keys) { $1 }).write(to: file, replacing: true)
  }
}

@Suite struct ModelConversionTests {
  private let folder: TemporaryFolder
  private var output: String { folder.path + "/out" }

  init() throws { folder = try TemporaryFolder() }

  private func failure(_ body: () throws -> Void) -> ModelImportError? {
    do {
      try body()
      return nil
    } catch {
      return error as? ModelImportError
    }
  }

  /// The written weights, which must have the names of `expected`, and values at most `tolerance`
  /// units in the last place away.
  private func expectWritten(_ expected: Checkpoint, ulps: Float = 0) throws {
    let written = try Checkpoint(path: output)
    #expect(written.tensorNames == expected.tensorNames)
    for name in expected.tensorNames {
      let shape = try #require(expected.descriptor(of: name)).shape
      let (ours, theirs) = (
        try written.floats(name, shape: shape), try expected.floats(name, shape: shape)
      )
      for (our, their) in zip(ours, theirs) {
        #expect(abs(our - their) <= ulps * max(abs(their), 1).ulp, "\(name): \(our), \(their)")
      }
    }
  }

  @Test func trainingCheckpointsBecomeFoldersOfHuggingFace() throws {
    let conversion = try ModelConversion(source: golden("trained.ckpt"), base: golden("tower"))
    #expect(conversion.kind.contains("state_dict.module."))
    try conversion.write(to: output, tool: "test")
    try expectWritten(Checkpoint(path: golden("tower")))
    let record = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: output + "/conversion.json")
    #expect(
      record["source"]
        == .object([
          "name": .string("trained.ckpt"),
          "sha256": .string("\(try Digest.sha256(ofFile: golden("trained.ckpt")))"),
        ]))
    #expect(throws: FileError.self) { try conversion.write(to: output, tool: "test") }
    try conversion.write(to: output, tool: "test", replacing: true)
  }

  @Test func mixturesOfFusionBenchKeepTheirParts() throws {
    try ModelConversion(source: golden("wemoe")).write(to: output, tool: "test")
    try expectWritten(Checkpoint(path: golden("wemoe.safetensors")))
  }

  /// What peft's `merge_and_unload` computes in Double.
  @Test(arguments: ["lora", "lora-patterns"])
  func adaptersAreMergedAsPeftMergesThem(name: String) throws {
    let conversion = try ModelConversion(source: golden(name), base: golden("tower"))
    try conversion.write(to: output, tool: "test")
    // The order of a sum in Double may move the last bit of a single.
    try expectWritten(Checkpoint(path: golden("\(name).safetensors")), ulps: 1)
    #expect(FileKind(at: output + "/config.json") == .regularFile)
    #expect(
      failure { _ = try ModelConversion(source: golden(name)) }
        == .baseNeeded(file: try golden(name)))
  }

  /// 1 + 2^-8 + 2^-30 lies just above the middle of two bfloat16 numbers; as a single it would lie in
  /// the middle, and be rounded down to 1 from there.
  @Test func sumsAreRoundedOnce() throws {
    let name = "vision_model.encoder.layers.0.self_attn.q_proj"
    let base = try folder.copy("tower")
    let tower = try Checkpoint(path: base)
    let tensors = try tower.tensorNames.map { tensor in
      let shape = tower.descriptor(of: tensor)?.shape ?? []
      var values = try tower.floats(tensor, shape: shape)
      if tensor == "\(name).weight" { values = [1] + [Float](repeating: 0, count: 63) }
      return (TensorSpecification(name: tensor, elementType: .bf16, shape: shape), values)
    }
    try writeSafetensors(path: base + "/model.safetensors", tensors: tensors, replacing: true)
    let adapter = try folder.copy("lora")
    try folder.change(
      adapter + "/adapter_config.json", ["r": .integer(1), "lora_alpha": .integer(1)])
    let first: [Float] = [1] + [Float](repeating: 0, count: 7)
    let prefix = "base_model.model.\(name)"
    try writeSafetensors(
      path: adapter + "/adapter_model.safetensors",
      tensors: [
        (.init(name: "\(prefix).lora_A.weight", elementType: .f32, shape: [1, 8]), first),
        (
          .init(name: "\(prefix).lora_B.weight", elementType: .f32, shape: [8, 1]),
          first.map { $0 * (0x1p-8 + 0x1p-30) }
        ),
      ], replacing: true)
    try ModelConversion(source: adapter, base: base).write(to: output, tool: "test")
    let written = try Checkpoint(path: output)
    #expect(written.descriptor(of: "\(name).weight")?.elementType == .bf16)
    #expect(try written.floats("\(name).weight", shape: [8, 8])[0] == 1 + 0x1p-7)
  }

  @Test(
    arguments: [
      ("use_dora", JSONValue.boolean(true)), ("bias", .string("all")),
      ("init_lora_weights", .string("pissa")), ("peft_type", .string("IA3")),
      ("layer_replication", .array([.integer(1)])), ("something_new", .integer(3)),
      ("rank_pattern", .object(["q_.*": .integer(2)])),
    ])
  func otherAdaptersAreRefusedByName(key: String, value: JSONValue) throws {
    let source = try folder.copy("lora")
    try folder.change(source + "/adapter_config.json", [key: value])
    guard
      case .unsupportedAdapter(_, key, _) = failure({
        try ModelConversion(source: source, base: golden("tower")).write(to: output, tool: "test")
      })
    else {
      Issue.record("\(key) was accepted")
      return
    }
    #expect(FileKind(at: output) == nil)
  }

  @Test func adaptersMustFitTheirBase() throws {
    guard
      case .adapterTensor = failure({
        _ = try ModelConversion(source: golden("lora"), base: golden("open-clip"))
      })
    else {
      Issue.record("an adapter of another model was accepted")
      return
    }
    let source = try folder.copy("lora")
    try folder.change(source + "/adapter_config.json", ["r": .integer(3)])
    guard
      case .adapterTensor = failure({
        _ = try ModelConversion(source: source, base: golden("tower"))
      })
    else {
      Issue.record("another rank was accepted")
      return
    }
  }

  @Test func severalTowersInOneFileAreNamed() throws {
    let tower = try Checkpoint(path: golden("tower"))
    let file = folder.path + "/two.safetensors"
    let parts = try tower.tensorNames.flatMap { name in
      let shape = tower.descriptor(of: name)?.shape ?? []
      let values = try tower.floats(name, shape: shape)
      return ["", "ema."].map {
        (TensorSpecification(name: $0 + name, elementType: .f32, shape: shape), values)
      }
    }
    try writeSafetensors(path: file, tensors: parts)
    #expect(
      failure { _ = try ModelConversion(source: file, base: golden("tower")) }
        == .severalTowers(file: file, prefixes: ["ema.vision_model.", "vision_model."]))
    #expect(
      failure { _ = try ModelConversion(source: golden("types-2.pt")) }
        == .noTower(file: try golden("types-2.pt")))
  }

  @Test func whatNoShapeTellsMustBeStated() throws {
    let source = try folder.copy("trained.ckpt")
    #expect(
      failure { _ = try ModelConversion(source: source) }
        == .unknownValue(file: source, key: "hidden_act"))
    #expect(
      failure { _ = try ModelConversion(source: source, activation: "gelu") }
        == .unknownValue(file: source, key: "num_attention_heads"), "a width of 8 has no 64")
    guard
      case .unsupportedValue = failure({
        _ = try ModelConversion(source: source, activation: "silu")
      })
    else {
      Issue.record("silu was accepted")
      return
    }
  }

  @Test func configurationsThatBelongToOtherWeightsAreRefused() throws {
    let source = try folder.copy("tower-bin")
    try folder.change(source + "/config.json", ["num_hidden_layers": .integer(3)])
    guard
      case .shapeContradiction(_, "num_hidden_layers", _, "3") = failure({
        _ = try ModelConversion(source: source)
      })
    else {
      Issue.record("another number of layers was accepted")
      return
    }
  }
}
