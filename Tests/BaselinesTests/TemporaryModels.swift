import Checkpoints
import Documents
import Files
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// A folder of small models that a test makes.
struct TemporaryModels {
  let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-baselines-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func open(_ name: String) throws -> ModelFolder { try ModelFolder(path: path(name)) }

  static var configuration: VisionTowerConfiguration {
    var configuration = CLIPFamily.defaults
    configuration.hiddenSize = 8
    configuration.intermediateSize = 12
    configuration.hiddenLayerCount = 3
    configuration.attentionHeadCount = 2
    configuration.imageSize = 16
    configuration.patchSize = 8
    configuration.projectionSize = 4
    return configuration
  }

  /// Writes a tower whose numbers come from a seed, plus those of another seed times `drift`.
  @discardableResult
  func writeTower(
    _ name: String, _ configuration: VisionTowerConfiguration = configuration, seed: UInt64 = 1,
    scale: Double = 0.3, drift: (seed: UInt64, scale: Double)? = nil
  ) throws -> ModelFolder {
    var common = SeededGenerator(seed: seed)
    var own = SeededGenerator(seed: drift?.seed ?? 0)
    let shapes = configuration.towerTensors
    let tensors = shapes.map { tensor in
      let values = (0..<tensor.shape.reduce(1, *)).map { _ in
        Float(scale * common.normal() + (drift?.scale ?? 0) * own.normal())
      }
      return (
        TensorSpecification(
          name: configuration.names.name(of: tensor.role), elementType: .f32, shape: tensor.shape),
        values
      )
    }
    let target = path(name)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try writeSafetensors(path: "\(target)/model.safetensors", tensors: tensors, replacing: true)
    try JSONValue(encoding: configuration).write(to: "\(target)/config.json", replacing: true)
    return try open(name)
  }

  /// Writes the towers `base`, `one` and `two`, and their merges `recipe` and `full`.
  func writeMerges() throws {
    try writeTower("base")
    try writeTower("one", drift: (seed: 11, scale: 0.05))
    try writeTower("two", drift: (seed: 12, scale: 0.05))
    let merge = try Merge(
      base: path("base"),
      experts: ["one", "two"].map { Merge.Expert(name: $0, path: path($0)) },
      gates: .fresh(GateInitialization(depth: 2, seed: 3)))
    try merge.writeRecipe(to: path("recipe"), replacing: false)
    try merge.writeFull(to: path("full"), replacing: false)
  }

  /// Writes a copy of a model with some tensors changed.
  func writeCopy(
    of model: ModelFolder, as name: String,
    changing change: (_ tensor: String, _ shape: [Int], _ values: inout [Float]) -> Void
  ) throws -> ModelFolder {
    let target = path(name)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: "\(model.path)/config.json", toPath: "\(target)/config.json")
    let checkpoint = try Checkpoint(path: model.path)
    let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    let tensors = try descriptors.map { descriptor in
      var values = try checkpoint.floats(descriptor.name, shape: descriptor.shape)
      change(descriptor.name, descriptor.shape, &values)
      return (
        TensorSpecification(name: descriptor.name, elementType: .f32, shape: descriptor.shape),
        values
      )
    }
    try writeSafetensors(path: "\(target)/model.safetensors", tensors: tensors)
    return try open(name)
  }
}

/// Reorders a tensor along one dimension: index i of the result is index `order[i]` of the source.
func reorder(_ values: inout [Float], _ shape: [Int], dimension: Int, by order: [Int]) {
  let inner = shape[(dimension + 1)...].reduce(1, *)
  let outer = shape[..<dimension].reduce(1, *)
  let source = values
  for block in 0..<outer {
    for (target, origin) in order.enumerated() {
      for offset in 0..<inner {
        values[(block * order.count + target) * inner + offset] =
          source[(block * order.count + origin) * inner + offset]
      }
    }
  }
}

/// A seeded permutation of `0..<count` (Fisher and Yates).
func permutation(_ count: Int, seed: UInt64) -> [Int] {
  var generator = SeededGenerator(seed: seed)
  var order = Array(0..<count)
  for place in 0..<count - 1 {
    order.swapAt(place, place + generator.index(below: count - place))
  }
  return order
}
