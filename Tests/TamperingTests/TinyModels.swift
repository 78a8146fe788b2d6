import Checkpoints
import Documents
import Files
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// Random tiny towers and mixtures in a folder that is removed with its owner.
final class TinyModels: Sendable {
  let folder: String
  static let configuration: VisionTowerConfiguration = {
    var shape = CLIPFamily.defaults
    shape.hiddenSize = 8
    shape.intermediateSize = 16
    shape.hiddenLayerCount = 3
    shape.attentionHeadCount = 4
    shape.imageSize = 8
    shape.patchSize = 4
    shape.projectionSize = 6
    return shape
  }()

  /// A base and the experts `a`, `b`, `c`, `d`, fine-tuned from it, so to speak.
  init() throws {
    folder = NSTemporaryDirectory() + "tampering-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false)
    let base = Self.random(seed: 1, size: 0.4)
    try write(base, to: "base")
    for (index, name) in ["a", "b", "c", "d"].enumerated() {
      let step = Self.random(seed: UInt64(index) + 2, size: 0.1)
      let tensors: Tensors = zip(base, step).map { own, step in
        let values = zip(own.values, step.values).map { $0 + $1 }
        return (name: own.name, shape: own.shape, values: values)
      }
      try write(tensors, to: name)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  typealias Tensors = [(name: String, shape: [Int], values: [Float])]

  static func random(seed: UInt64, size: Double) -> Tensors {
    var generator = SeededGenerator(seed: seed)
    return configuration.towerTensors.map { tensor in
      let values = (0..<tensor.shape.reduce(1, *)).map { _ in Float(generator.normal() * size) }
      return (name: configuration.names.name(of: tensor.role), shape: tensor.shape, values: values)
    }
  }

  func write(_ tensors: Tensors, to name: String) throws {
    let path = path(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try writeSafetensors(
      path: path + "/model.safetensors",
      tensors: tensors.map {
        (TensorSpecification(name: $0.name, elementType: .f32, shape: $0.shape), $0.values)
      })
    try JSONValue(encoding: Self.configuration).write(to: path + "/config.json")
  }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  func model(_ name: String) throws -> ModelFolder { try ModelFolder(path: path(name)) }

  /// Merges experts under a name, by recipe or in full.
  func merge(
    _ experts: [String], to name: String, full: Bool = false, depth: Int = 2,
    routing: RoutingMode = .softmax, seed: UInt64 = 5
  ) throws {
    let merge = try Merge(
      base: path("base"),
      experts: experts.map { Merge.Expert(name: $0, path: path($0)) },
      gates: .fresh(GateInitialization(depth: depth, seed: seed)), routing: routing)
    if full {
      try merge.writeFull(to: path(name), replacing: false)
    } else {
      try merge.writeRecipe(to: path(name), replacing: false)
    }
  }

  /// What a model makes of four random images.
  func outputs(_ name: String) throws -> TowerOutputs {
    try model(name).tower().forward(
      sampleCount: 4, request: [.features, .routing, .hiddenStates], pool: WorkerPool(threads: 1),
      kernels: Kernels()
    ) { sample, destination in
      let values = Self.pixels(sample)
      destination.update(from: values, count: values.count)
    }
  }

  static func pixels(_ sample: Int) -> [Float] {
    var generator = SeededGenerator(seed: 1000 + UInt64(sample))
    return (0..<configuration.pixelCount).map { _ in Float(generator.normal()) }
  }

  /// The tensors of a model that is one file.
  func tensors(_ name: String) throws -> [String: [Float]] {
    let checkpoint = try Checkpoint(path: path(name))
    var tensors: [String: [Float]] = [:]
    for name in checkpoint.tensorNames {
      guard let descriptor = checkpoint.descriptor(of: name) else { continue }
      tensors[name] = try checkpoint.floats(name, shape: descriptor.shape)
    }
    return tensors
  }

  /// Every file under the folder with its bytes.
  func snapshot() throws -> [String: Data] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
    var files: [String: Data] = [:]
    for name in names {
      if let data = FileManager.default.contents(atPath: path(name)) { files[name] = data }
    }
    return files
  }
}

/// The largest difference of two arrays, infinite when their lengths differ.
func largestDifference(_ first: [Float], _ second: [Float]) -> Float {
  guard first.count == second.count else { return .infinity }
  return zip(first, second).map { abs($0 - $1) }.max() ?? 0
}
