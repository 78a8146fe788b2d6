import Checkpoints
import Documents

/// What the shapes of a tower's tensors say about its configuration.
struct TowerShape {
  /// The keys of `config.json` that shapes tell.
  let keys: [String: Int]
  /// D, the width of a token.
  let width: Int
  /// Patches along one side of an image.
  let grid: Int

  /// Reads the shapes; names are those of Hugging Face.
  ///
  /// - Throws: ``ModelImportError/shapeContradiction(file:key:expected:actual:)``,
  ///   `CheckpointError.missingTensor`.
  init(_ tensors: Checkpoint) throws {
    func shape(_ name: String, _ rank: Int) throws -> [Int] {
      guard let shape = tensors.descriptor(of: name)?.shape else {
        throw CheckpointError.missingTensor(tensor: name, file: tensors.path)
      }
      guard shape.count == rank, !shape.contains(0) else {
        throw ModelImportError.shapeContradiction(
          file: tensors.path, key: name, expected: "\(rank) dimensions above zero",
          actual: "\(shape)")
      }
      return shape
    }
    let patch = try shape("vision_model.embeddings.patch_embedding.weight", 4)
    let positions = try shape("vision_model.embeddings.position_embedding.weight", 2)
    let hasClassToken = tensors.contains("vision_model.embeddings.class_embedding")
    let patches = positions[0] - (hasClassToken ? 1 : 0)
    let side = Int(Double(patches).squareRoot().rounded())
    guard side > 0, side <= 4096, side * side == patches, patch[2] == patch[3] else {
      throw ModelImportError.shapeContradiction(
        file: tensors.path, key: "vision_model.embeddings.position_embedding.weight",
        expected: "a row for each patch of a square image", actual: "\(positions)")
    }
    var layers = 0
    while tensors.contains("vision_model.encoder.layers.\(layers).layer_norm1.weight") {
      layers += 1
    }
    let mlp = "vision_model.encoder.layers.0.mlp."
    let name = tensors.contains("\(mlp)fc1.weight") ? "fc1" : "base_model.fc1"
    (width, grid) = (patch[0], side)
    var keys = [
      "hidden_size": width, "num_channels": patch[1], "patch_size": patch[2],
      "image_size": side * patch[2], "num_hidden_layers": layers,
      "intermediate_size": try shape("\(mlp)\(name).weight", 2)[0],
    ]
    if tensors.contains("visual_projection.weight") {
      keys["projection_dim"] = try shape("visual_projection.weight", 2)[0]
    }
    self.keys = keys
  }

  /// Holds a configuration against the shapes.
  ///
  /// - Throws: ``ModelImportError/shapeContradiction(file:key:expected:actual:)``.
  func check(_ configuration: [String: JSONValue], file: String) throws(ModelImportError) {
    var section = configuration
    if case .object(let inner) = configuration["vision_config"] { section = inner }
    for (key, expected) in keys.sorted(by: { $0.key < $1.key }) {
      guard case .integer(let actual) = section[key] ?? .null else { continue }
      if key == "image_size", let patch = keys["patch_size"], actual / patch == grid { continue }
      guard actual == expected || (key == "projection_dim" && section.count < configuration.count)
      else {
        throw .shapeContradiction(
          file: file, key: key, expected: "\(expected), as its weights have it",
          actual: "\(actual)")
      }
    }
  }
}
