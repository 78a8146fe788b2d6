import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import RoutedModels
import VisionTransformers

extension Merge {
  /// Writes the merge as a recipe: references to base and experts, and the gates.
  ///
  /// - Throws: `CheckpointError`, `FileError`.
  public func writeRecipe(to path: String, replacing: Bool) throws {
    try requireFiniteWeights()
    let folder = try OutputFolder(path: path, replacing: replacing)
    try writeGates(to: folder.path(of: Self.gatesFile))
    // The folder has its final name only after the commit; its neighbour is as deep.
    let destination = folder.temporaryPath
    func part(_ path: String, _ tensors: CheckpointTensors) throws -> MergeRecipe.Part {
      MergeRecipe.Part(
        path: RelativePath.from(folder: destination, to: path),
        sha256: try tensors.checkpoint.digest())
    }
    var mixture = mixture
    mixture.recipe = MergeRecipe(
      base: try part(basePath, base),
      experts: try zip(experts, expertTensors).map { try part($0.path, $1) },
      gates: MergeRecipe.Part(
        path: Self.gatesFile,
        sha256: try Digest.sha256(ofFile: folder.path(of: Self.gatesFile))))
    try writeConfiguration(mixture, elementType: nil, to: folder)
    try folder.commit()
  }

  /// Writes the merge in full, under fusion_bench's names for the parts of a merge.
  ///
  /// Tensors are computed and written one at a time; the whole never is in memory.
  ///
  /// - Parameter elementType: F32, F16 or BF16.
  /// - Throws: `CheckpointError`, `FileError`.
  public func writeFull(
    to path: String, elementType: ElementType = .f32, replacing: Bool,
    progress: ProgressHandler? = nil
  ) throws {
    let folder = try OutputFolder(path: path, replacing: replacing)
    let parts = fullTensors()
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"),
      tensors: parts.map {
        TensorSpecification(
          name: configuration.names.name(of: $0.tensor.role), elementType: elementType,
          shape: $0.tensor.shape)
      },
      metadata: ["format": "pt"])
    let values = Dictionary(
      uniqueKeysWithValues: parts.map {
        (configuration.names.name(of: $0.tensor.role), $0.values)
      })
    for (index, name) in writer.order.enumerated() {
      if let make = values[name] { try writer.write(name, floats: try make()) }
      progress?(index + 1, writer.order.count)
    }
    try writer.commit()
    try writeConfiguration(mixture, elementType: elementType, to: folder)
    try folder.commit()
  }

  static let gatesFile = "gates.safetensors"

  /// Every tensor of a full merge and how to compute it.
  private func fullTensors() -> [(tensor: RoleShape, values: () throws -> [Float])] {
    var parts: [(tensor: RoleShape, values: () throws -> [Float])] = []
    let outside = TaskArithmetic(
      base: base, experts: expertTensors, scalingCoefficient: mixture.scalingCoefficient)
    for tensor in configuration.tensorsOutsideMLPs where base.contains(tensor.role) {
      parts.append((tensor, { try outside.tensor(tensor.role, shape: tensor.shape) }))
    }
    for tensor in configuration.mlpTensors() {
      parts.append(
        (
          RoleShape(tensor.role.inSlot(.base), tensor.shape),
          { [base] in try base.tensor(tensor.role, shape: tensor.shape) }
        ))
      for (index, expert) in expertTensors.enumerated() {
        let difference = TaskVector(base: base, expert: expert)
        parts.append(
          (
            RoleShape(tensor.role.inSlot(.taskVector(index)), tensor.shape),
            { try difference.tensor(tensor.role, shape: tensor.shape) }
          ))
      }
    }
    return parts + gateParts()
  }

  /// The gates of all layers and how to compute them.
  private func gateParts() -> [(tensor: RoleShape, values: () throws -> [Float])] {
    switch gates {
    case .file(let file):
      gateTensors().map { tensor in
        (tensor, { try file.tensors.tensor(tensor.role, shape: tensor.shape) })
      }
    case .fresh(let initialization):
      initialization.tensors(
        layerCount: configuration.hiddenLayerCount, width: configuration.hiddenSize,
        expertCount: experts.count
      ).map { part in (part.tensor, { part.values }) }
    }
  }

  private func writeGates(to path: String) throws {
    let names = try JSONEncoder().encode(mixture.experts)
    var metadata = [
      "experts": String(decoding: names, as: UTF8.self),
      "scaling": "\(mixture.scalingCoefficient)",
      "softmax": "\(mixture.routing == .softmax)",
    ]
    if case .fresh(let initialization) = gates { metadata["seed"] = "\(initialization.seed)" }
    try writeSafetensors(
      path: path,
      tensors: try gateParts().map { part in
        let specification = TensorSpecification(
          name: configuration.names.name(of: part.tensor.role), elementType: .f32,
          shape: part.tensor.shape)
        return (specification, try part.values())
      },
      metadata: metadata)
  }

  /// The base model's `config.json` with the `wemoe` section, and its preprocessing.
  private func writeConfiguration(
    _ mixture: MixtureConfiguration, elementType: ElementType?, to folder: OutputFolder
  ) throws {
    let source = (basePath as NSString).appendingPathComponent("config.json")
    var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: source)
    keys["architectures"] = .array([.string(configuration.names.mixtureClass)])
    keys["wemoe"] = try JSONValue(encoding: mixture)
    if let elementType { keys.state(elementType) }
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try folder.copy("preprocessor_config.json", from: basePath)
    try folder.copy("processor_config.json", from: basePath)
  }
}
