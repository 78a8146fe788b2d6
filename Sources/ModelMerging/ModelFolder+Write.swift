import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import RoutedModels
import VisionTransformers

extension ModelFolder {
  /// The gates of a merged model, in layer order.
  ///
  /// - Throws: ``MergeError/notAMixture(path:)``, `CheckpointError`.
  public var gateTensors: [RoleShape] {
    get throws {
      guard let mixture else { throw MergeError.notAMixture(path: path) }
      return configuration.gateTensors(
        depth: mixture.gateDepth, expertCount: mixture.experts.count)
    }
  }

  /// Writes the model again with other gates; everything else stays as it is.
  ///
  /// A recipe stays a recipe, whose paths are told from its new place. A full merge stays one: all
  /// other tensors keep their bytes, and gates are written as f32.
  ///
  /// - Parameters:
  ///   - gates: the values of each of ``gateTensors`` by the family's name.
  ///   - keys: the `config.json` to write; its `wemoe` section is brought up to date.
  /// - Precondition: this is a merged model, and there are values for all gates.
  /// - Throws: ``MergeError/notAMixture(path:)``, `CheckpointError`, `FileError`.
  public func write(
    to output: String, gates: [String: [Float]], configuration keys: [String: JSONValue],
    replacing: Bool
  ) throws {
    guard let mixture else { throw MergeError.notAMixture(path: path) }
    let folder = try OutputFolder(path: output, replacing: replacing)
    var keys = keys
    switch form {
    case .tower: throw MergeError.notAMixture(path: path)
    case .recipe(let parts):
      let file = folder.path(of: Merge.gatesFile)
      try writeGates(gates, of: mixture, metadata: parts.gates.checkpoint.metadata, to: file)
      let recipe = try rebased(parts.recipe, to: folder.temporaryPath, gates: file)
      keys["wemoe"] = try Self.section(keys["wemoe"], recipe: recipe)
    case .mixture(let tensors):
      try tensors.writeCopy(to: folder.path(of: "model.safetensors"), replacing: gates, gateTensors)
    }
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try copyPreprocessor(to: folder)
    try folder.commit()
  }

  /// Copies the preprocessing, where there is one.
  func copyPreprocessor(to folder: OutputFolder) throws {
    try folder.copy("preprocessor_config.json", from: path)
    try folder.copy("processor_config.json", from: path)
  }

  private func writeGates(
    _ gates: [String: [Float]], of mixture: MixtureConfiguration, metadata: [String: String],
    to file: String
  ) throws {
    let experts = try JSONEncoder().encode(mixture.experts)
    let own = [
      "experts": String(decoding: experts, as: UTF8.self),
      "scaling": "\(mixture.scalingCoefficient)",
      "softmax": "\(mixture.routing == .softmax)",
    ]
    try writeSafetensors(
      path: file,
      tensors: try gateTensors.map { tensor in
        let name = names.name(of: tensor.role)
        precondition(gates[name] != nil, "there are values for all gates")
        return (
          TensorSpecification(name: name, elementType: .f32, shape: tensor.shape),
          gates[name, default: []]
        )
      },
      // The seed of fresh gates says nothing about trained ones.
      metadata: metadata.filter { $0.key != "seed" }.merging(own) { _, new in new })
  }

  /// The recipe as a folder beside `destination` would hold it.
  private func rebased(
    _ recipe: MergeRecipe, to destination: String, gates file: String
  ) throws -> MergeRecipe {
    func moved(_ part: MergeRecipe.Part) -> MergeRecipe.Part {
      MergeRecipe.Part(
        path: RelativePath.from(
          folder: destination, to: RelativePath.resolve(part.path, in: path)),
        sha256: part.sha256)
    }
    return MergeRecipe(
      base: moved(recipe.base), experts: recipe.experts.map(moved),
      gates: MergeRecipe.Part(path: Merge.gatesFile, sha256: try Digest.sha256(ofFile: file)))
  }

  /// The `wemoe` section with another recipe; keys that this version does not know are kept.
  private static func section(_ old: JSONValue?, recipe: MergeRecipe) throws -> JSONValue {
    var section: [String: JSONValue] = [:]
    if case .object(let keys) = old { section = keys }
    section["recipe"] = try JSONValue(encoding: recipe)
    return .object(section)
  }
}

extension CheckpointTensors {
  /// Writes a checkpoint again with other values for some of `tensors`, by the family's names, as
  /// `elementType`; all others keep their name, type and bytes.
  ///
  /// - Precondition: every tensor in `values` exists and has as many values as its shape says.
  /// - Throws: `CheckpointError`, `FileError`.
  public func writeCopy(
    to file: String, replacing values: [String: [Float]], _ tensors: [RoleShape],
    elementType: ElementType = .f32
  ) throws {
    let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    let changed = Dictionary(
      tensors.compactMap { tensor in
        values[name(of: tensor.role)].map { (storedName(of: tensor.role), $0) }
      }
    ) { first, _ in first }
    let writer = try SafetensorsWriter(
      path: file,
      tensors: descriptors.map {
        TensorSpecification(
          name: $0.name, elementType: changed[$0.name] == nil ? $0.elementType : elementType,
          shape: $0.shape)
      },
      metadata: checkpoint.metadata)
    for name in writer.order {
      if let values = changed[name] {
        try writer.write(name, floats: values)
      } else {
        try checkpoint.withBytes(of: name) { try writer.write(name, bytes: $0) }
      }
    }
    try writer.commit()
  }
}

extension ModelFolder {
  /// Writes a plain tower again with other values for some tensors.
  ///
  /// - Parameters:
  ///   - tensors: the tower's own, whose other tensors keep their bytes.
  ///   - values: by name, written as `elementType`.
  ///   - keys: the `config.json` to write.
  /// - Precondition: every tensor in `values` exists and has as many values as its shape says.
  /// - Throws: `CheckpointError`, `FileError`.
  public func write(
    to output: String, tensors: CheckpointTensors, replacingTensors values: [String: [Float]],
    elementType: ElementType, configuration keys: [String: JSONValue], replacing: Bool
  ) throws {
    let folder = try OutputFolder(path: output, replacing: replacing)
    try tensors.writeCopy(
      to: folder.path(of: "model.safetensors"), replacing: values,
      configuration.towerTensors, elementType: elementType)
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try copyPreprocessor(to: folder)
    try folder.commit()
  }
}
