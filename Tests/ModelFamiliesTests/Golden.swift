import Checkpoints
import Documents
import Files
import Foundation
import Tensors
import VisionTransformers

/// The recorded models and numbers.
enum Golden {
  static func path(_ name: String) throws -> String {
    guard let root = Bundle.module.resourcePath else { throw CocoaError(.fileNoSuchFile) }
    return "\(root)/Goldens/siglip/\(name)"
  }

  static func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
    try Checkpoint(path: path("golden.safetensors")).floats(name, shape: shape)
  }

  /// What a tower makes of the recorded images.
  static func run(
    _ tower: VisionTower, _ kernels: Kernels = Kernels(), pool: WorkerPool = WorkerPool(threads: 1)
  ) throws -> TowerOutputs {
    let pixels = try floats("pixels", [4, 3, 16, 16])
    let count = tower.configuration.pixelCount
    return try tower.forward(
      sampleCount: 4, request: [.features, .hiddenStates, .routing], pool: pool, kernels: kernels
    ) { sample, destination in
      for index in 0..<count { destination[index] = pixels[sample * count + index] }
    }
  }
}

/// A folder that is removed with its owner.
final class TemporaryFolder: Sendable {
  private let root: String

  init() {
    root = NSTemporaryDirectory() + "families-\(UInt64.random(in: 0...UInt64.max))"
    try? FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func path(_ name: String) -> String { "\(root)/\(name)" }

  /// Copies a model and changes its `config.json`.
  func copy(_ source: String, to name: String, _ edit: (inout [String: JSONValue]) -> Void) throws {
    try FileManager.default.copyItem(atPath: source, toPath: path(name))
    let file = "\(path(name))/config.json"
    var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: file)
    edit(&keys)
    try JSONValue.object(keys).write(to: file, replacing: true)
  }

  /// Copies a checkpoint under other names; a tensor whose new name is `nil` is left out.
  func rename(_ source: String, to name: String, _ names: (String) -> [String]) throws {
    try FileManager.default.createDirectory(
      atPath: path(name), withIntermediateDirectories: true)
    let checkpoint = try Checkpoint(path: source)
    var tensors: [(tensor: TensorSpecification, values: [Float])] = []
    for old in checkpoint.tensorNames {
      guard let shape = checkpoint.descriptor(of: old)?.shape else { continue }
      let values = try checkpoint.floats(old, shape: shape)
      for new in names(old) {
        tensors.append((TensorSpecification(name: new, elementType: .f32, shape: shape), values))
      }
    }
    try writeSafetensors(path: "\(path(name))/model.safetensors", tensors: tensors)
    try FileManager.default.copyItem(
      atPath: "\(source)/config.json", toPath: "\(path(name))/config.json")
  }
}

func largestDifference(_ first: [Float], _ second: [Float]) -> Float {
  guard first.count == second.count else { return .infinity }
  return zip(first, second).map { abs($0 - $1) }.max() ?? 0
}
