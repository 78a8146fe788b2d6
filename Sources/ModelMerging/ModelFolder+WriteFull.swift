import Checkpoints
import Documents
import Files
import RoutedModels
import VisionTransformers

extension ModelFolder {
  /// Writes a merged model in full, with other values for some tensors; a recipe becomes a full copy.
  ///
  /// Tensors are computed and written one at a time. The folder appears whole or not at all.
  ///
  /// - Parameters:
  ///   - values: by the names of a full merge.
  ///   - elementType: F32, F16 or BF16, of every tensor.
  ///   - keys: the `config.json` to write; its `wemoe` section is brought up to date.
  /// - Precondition: every tensor in `values` has as many values as its shape says.
  /// - Throws: ``MergeError/notAMixture(path:)``, `CheckpointError`, `FileError`.
  public func writeFull(
    to output: String, replacingTensors values: [String: [Float]], elementType: ElementType,
    configuration keys: [String: JSONValue], replacing: Bool
  ) throws {
    guard var mixture else { throw MergeError.notAMixture(path: path) }
    let folder = try OutputFolder(path: output, replacing: replacing)
    let tensors = try fullTensors(experts: mixture.experts.count)
    let known = Dictionary(
      uniqueKeysWithValues: tensors.map { (names.name(of: $0.role), $0) })
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"),
      tensors: tensors.map {
        TensorSpecification(
          name: names.name(of: $0.role), elementType: elementType, shape: $0.shape)
      },
      metadata: ["format": "pt"])
    for name in writer.order {
      guard let tensor = known[name] else { continue }
      let stored = try values[name] ?? mixtureTensor(tensor.role, shape: tensor.shape)
      try writer.write(name, floats: stored)
    }
    try writer.commit()
    mixture.recipe = nil
    var keys = keys
    keys["wemoe"] = try JSONValue(encoding: mixture)
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try copyPreprocessor(to: folder)
    try folder.commit()
  }

  /// The tensors of the model as a full merge; one that was saved without its projection has none.
  private func fullTensors(experts: Int) throws -> [RoleShape] {
    let source: CheckpointTensors
    switch form {
    case .tower(let tensors), .mixture(let tensors): source = tensors
    case .recipe(let parts): source = parts.base
    }
    let slots = [TensorRole.Slot.base] + (0..<experts).map { .taskVector($0) }
    return configuration.tensorsOutsideMLPs.filter { source.contains($0.role) }
      + slots.flatMap { configuration.mlpTensors(in: $0) } + (try gateTensors)
  }
}
