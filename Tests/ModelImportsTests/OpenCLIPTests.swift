import Checkpoints
import Documents
import Files
import ModelImports
import ModelMerging
import Tensors
import Testing
import VisionTransformers

@Suite struct OpenCLIPTests {
  private let folder: TemporaryFolder
  private var output: String { folder.path + "/out" }

  init() throws { folder = try TemporaryFolder() }

  @Test func configurationAndPreprocessingAreTakenOver() throws {
    let conversion = try ModelConversion(source: golden("open-clip"))
    #expect(conversion.notes == ["18 tensors outside of the tower are left out"])
    try conversion.write(to: output, tool: "test")
    let keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: output + "/config.json")
    #expect(keys["hidden_size"] == .integer(16) && keys["num_attention_heads"] == .integer(2))
    #expect(keys["hidden_act"] == .string("quick_gelu") && keys["image_size"] == .integer(16))
    #expect(keys["intermediate_size"] == .integer(32) && keys["projection_dim"] == .integer(6))
    let preprocessing = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: output + "/preprocessor_config.json")
    #expect(preprocessing["size"] == .object(["shortest_edge": .integer(16)]))
    #expect(preprocessing["resample"] == .integer(3))
  }

  /// Queries, keys and values are the rows of one matrix; the projection is transposed.
  @Test func tensorsAreViewsOfTheStoredOnes() throws {
    try ModelConversion(source: golden("open-clip")).write(to: output, tool: "test")
    let stored = try Checkpoint(path: golden("open-clip"))
    let written = try Checkpoint(path: output)
    let whole = try stored.floats(
      "visual.transformer.resblocks.1.attn.in_proj_weight", shape: [48, 16])
    for (index, name) in ["q_proj", "k_proj", "v_proj"].enumerated() {
      #expect(
        try written.floats(
          "vision_model.encoder.layers.1.self_attn.\(name).weight", shape: [16, 16])
          == Array(whole[(index * 256)..<((index + 1) * 256)]))
    }
    let projection = try stored.floats("visual.proj", shape: [16, 6])
    let transposed = try written.floats("visual_projection.weight", shape: [6, 16])
    for row in 0..<6 {
      for column in 0..<16 {
        #expect(transposed[row * 16 + column] == projection[column * 6 + row])
      }
    }
  }

  /// The whole way: open_clip's own `encode_image` on one image.
  @Test func featuresAreThoseOfOpenCLIP() throws {
    try ModelConversion(source: golden("open-clip")).write(to: output, tool: "test")
    let expected = try Checkpoint(path: golden("open-clip.safetensors"))
    let pixels = try expected.floats("image", shape: [1, 3, 16, 16])
    let features = try ModelFolder(path: output).tower().forward(
      sampleCount: 1, request: .features, pool: WorkerPool(threads: 1), kernels: Kernels()
    ) { _, destination in
      for (index, pixel) in pixels.enumerated() { destination[index] = pixel }
    }.features
    for (our, their) in zip(features, try expected.floats("features", shape: [1, 6])) {
      #expect(abs(our - their) < 1e-4, "\(our), \(their)")
    }
  }

  @Test func partsThatCLIPDoesNotHaveAreRefusedByName() throws {
    let file = folder.path + "/scaled.safetensors"
    let stored = try Checkpoint(path: golden("open-clip"))
    var tensors = try stored.tensorNames.map { name in
      let shape = stored.descriptor(of: name)?.shape ?? []
      return (
        TensorSpecification(name: name, elementType: .f32, shape: shape),
        try stored.floats(name, shape: shape)
      )
    }
    let extra = "visual.transformer.resblocks.0.ls_1.gamma"
    tensors.append((TensorSpecification(name: extra, elementType: .f32, shape: [1]), [1]))
    try writeSafetensors(path: file, tensors: tensors)
    #expect(throws: ModelImportError.unsupportedTensor(file: file, tensor: extra)) {
      try ModelConversion(source: file, activation: "gelu")
    }
  }
}
