import Checkpoints
import Coordinates
import Documents
import ExpertResponses
import Files
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import Tampering
import Tensors
import VisionTransformers

/// A base, and experts of one task that share a part of their task vectors, in a folder that is
/// removed with its owner: the victim `v`, the nulls `n0`, `n1`, `n2`, and a stranger `x`.
final class TinyExperts: Sendable {
  let folder: String
  static let nulls = ["n0", "n1", "n2"]

  static let configuration: VisionTowerConfiguration = {
    var shape = CLIPFamily.defaults
    shape.hiddenSize = 12
    shape.intermediateSize = 40
    shape.hiddenLayerCount = 2
    shape.attentionHeadCount = 2
    shape.imageSize = 8
    shape.patchSize = 4
    shape.projectionSize = 6
    return shape
  }()

  init() throws {
    folder = NSTemporaryDirectory() + "responses-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let base = Self.random(seed: 1, size: 0.4)
    let task = Self.random(seed: 2, size: 0.05)
    try write(base, to: "base")
    for (index, name) in (["v"] + Self.nulls).enumerated() {
      let own = Self.random(seed: UInt64(index) + 10, size: 0.05)
      try write(Self.sum(base, Self.sum(task, own)), to: name)
    }
    try write(Self.sum(base, Self.random(seed: 20, size: 0.07)), to: "x")
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

  static func sum(_ first: Tensors, _ second: Tensors) -> Tensors {
    zip(first, second).map { ($0.name, $0.shape, zip($0.values, $1.values).map { $0 + $1 }) }
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

  func expert(_ name: String) throws -> ExpertTower { try model(name).expertTowers[0] }

  /// The base's coordinates.
  func reference() throws -> ReferenceCoordinates {
    try FunctionalResponses.reference(model("base"))
  }

  /// Writes what an operation makes of a model.
  func tamper(
    _ model: String, by operation: any TamperingOperation, to name: String
  ) throws {
    _ = try ModelTampering(of: self.model(model), by: operation, tool: "test")
      .write(to: path(name), replacing: false)
  }

  func merge(_ experts: [String], to name: String, full: Bool) throws {
    let merge = try Merge(
      base: path("base"), experts: experts.map { Merge.Expert(name: $0, path: path($0)) },
      gates: .fresh(GateInitialization()), routing: .softmax)
    if full {
      try merge.writeFull(to: path(name), replacing: false)
    } else {
      try merge.writeRecipe(to: path(name), replacing: false)
    }
  }

  /// The responses of suspects against the victim `v` and its nulls.
  func responses(_ suspects: [ExpertTower]) throws -> FunctionalResponses {
    let victim = FunctionalResponses.Victim(
      expert: try expert("v"), nulls: try Self.nulls.map(expert))
    return try FunctionalResponses(base: model("base"), victims: [victim], suspects: suspects)
  }

  /// The inner products of one suspect with `v`.
  func products(_ suspect: ExpertTower) throws -> FunctionalResponses.PairProducts {
    try responses([suspect]).products(
      sampleCount: 5, batch: 3, pool: WorkerPool(threads: 2), pixels: Self.write)[0][0]
  }

  func products(_ name: String) throws -> FunctionalResponses.PairProducts {
    try products(expert(name))
  }

  static func pixels(_ sample: Int) -> [Float] {
    var generator = SeededGenerator(seed: 1000 + UInt64(sample))
    return (0..<configuration.pixelCount).map { _ in Float(generator.normal()) }
  }

  @Sendable static func write(_ sample: Int, _ destination: UnsafeMutablePointer<Float>) {
    let values = pixels(sample)
    destination.update(from: values, count: values.count)
  }
}

/// The largest difference of entries, relative to the lengths of the two vectors.
func relativeDifference(
  _ first: FunctionalResponses.PairProducts, _ second: FunctionalResponses.PairProducts
) -> Double {
  guard first.layers.map(\.count) == second.layers.map(\.count) else { return .infinity }
  var largest = 0.0
  for (own, other) in zip(first.layers, second.layers) {
    let side = Int(Double(own.count).squareRoot())
    for index in own.indices {
      let (row, column) = (index / side, index % side)
      let scale = (own[row * side + row] * own[column * side + column]).squareRoot()
      largest = max(largest, abs(own[index] - other[index]) / max(scale, 1e-30))
    }
  }
  return largest
}
