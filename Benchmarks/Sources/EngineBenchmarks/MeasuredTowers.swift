import Checkpoints
import Foundation
import Measuring
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// The base MLPs of a full merge in a plain tower's roles.
struct BaseOnly: TensorSource {
  let merge: CheckpointTensors
  var path: String { merge.path }

  func name(of role: TensorRole) -> String { merge.name(of: role) }
  func contains(_ role: TensorRole) -> Bool { merge.contains(role.inSlot(.base)) }
  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try merge.tensor(role.inSlot(.base), shape: shape)
  }
}

/// Forward passes on pixels that are ready; towers are made when first asked for.
final class MeasuredTowers {
  private let folder: ModelFolder
  private let pixels: FloatStorage
  private let pool = WorkerPool()
  private var towers: [String: (tower: VisionTower, memory: TowerMemory)] = [:]

  init(model: String, pixels: String) throws {
    folder = try ModelFolder(path: model)
    let data = try Data(contentsOf: URL(fileURLWithPath: pixels))
    self.pixels = FloatStorage(count: data.count / 4)
    data.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      UnsafeMutableRawPointer(self.pixels.pointer).copyMemory(from: start, byteCount: source.count)
    }
  }

  private func tower(
    _ kind: String, _ precision: Precision
  ) throws -> (tower: VisionTower, memory: TowerMemory) {
    let key = "\(kind) \(precision)"
    if let made = towers[key] { return made }
    let tower =
      kind == "plain"
      ? try VisionTower(
        dense: BaseOnly(merge: CheckpointTensors(Checkpoint(path: folder.path), folder.names)),
        folder.configuration, precision: precision)
      : try folder.tower(precision: precision)
    towers[key] = (tower, TowerMemory())
    return (tower, towers[key]?.memory ?? TowerMemory())
  }

  private func outputs(
    _ kind: String, _ precision: Precision, batch: Int
  ) throws -> (outputs: TowerOutputs, seconds: Double) {
    let (tower, memory) = try tower(kind, precision)
    let count = tower.configuration.pixelCount
    let available = pixels.count / count
    let clock = ContinuousClock()
    let start = clock.now
    let result = try tower.forward(
      sampleCount: batch, pool: pool, kernels: Kernels(), memory: memory
    ) { [pixels] sample, destination in
      destination.update(from: pixels.pointer + sample % available * count, count: count)
    }
    return (result, seconds(clock.now - start))
  }

  func forward(_ kind: String, _ precision: Precision, batch: Int) throws -> Double {
    try outputs(kind, precision, batch: batch).seconds
  }

  /// Writes `[S, E, L]` as f32.
  func writeLogits(_ precision: Precision, batch: Int, to path: String) throws -> String {
    let logits = try outputs("wemoe", precision, batch: batch).outputs.routerLogits
    try logits.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path))
    return "\(logits.count)"
  }
}
