import ModelFamilies
import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// A tower in memory, by role.
struct TowerInMemory: TensorSource {
  var tensors: [TensorRole: [Float]]
  let path = "memory"

  func name(of role: TensorRole) -> String { "\(role.component.rawValue).\(role.kind.rawValue)" }

  func contains(_ role: TensorRole) -> Bool { tensors[role] != nil }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    struct Missing: Error { let role: TensorRole }
    guard let values = tensors[role], values.count == shape.reduce(1, *) else {
      throw Missing(role: role)
    }
    return values
  }
}

/// A base and experts of it, in memory: the victim, nulls of its task, and a stranger.
struct RandomTowers {
  let configuration: VisionTowerConfiguration
  let base: TowerInMemory

  static let clip: VisionTowerConfiguration = {
    var shape = CLIPFamily.defaults
    shape.hiddenSize = 16
    shape.intermediateSize = 40
    shape.hiddenLayerCount = 2
    shape.attentionHeadCount = 4
    shape.imageSize = 16
    shape.patchSize = 4
    shape.projectionSize = 6
    return shape
  }()

  static let siglip: VisionTowerConfiguration = {
    var shape = SiglipFamily.defaults
    shape.hiddenSize = 16
    shape.intermediateSize = 40
    shape.hiddenLayerCount = 2
    shape.attentionHeadCount = 4
    shape.imageSize = 16
    shape.patchSize = 4
    shape.projectionSize = 16
    return shape
  }()

  init(_ configuration: VisionTowerConfiguration, seed: UInt64 = 1) {
    self.configuration = configuration
    var generator = SeededGenerator(seed: seed)
    var tensors: [TensorRole: [Float]] = [:]
    for tensor in configuration.towerTensors {
      let isNorm =
        tensor.shape == [configuration.hiddenSize] && tensor.role.kind == .weight
        && tensor.role.component != .classEmbedding
      let size = isNorm ? 0.2 : tensor.shape.count > 1 ? 0.3 : 0.2
      tensors[tensor.role] = (0..<tensor.shape.reduce(1, *)).map { _ in
        Float((isNorm ? 1 : 0) + generator.normal() * size)
      }
    }
    base = TowerInMemory(tensors: tensors)
  }

  /// The base with noise that a task has, and noise of its own.
  func expert(_ name: String, task: UInt64 = 2, own: UInt64) -> ExpertTower {
    var tensors = base.tensors
    for (seed, size) in [(task, 0.02), (own, 0.02)] {
      var generator = SeededGenerator(seed: seed)
      for tensor in configuration.towerTensors {
        guard let values = tensors[tensor.role] else { continue }
        tensors[tensor.role] = values.map { $0 + Float(generator.normal() * size) }
      }
    }
    return ExpertTower(
      name: name, tensors: TowerInMemory(tensors: tensors), configuration: configuration)
  }

  static func write(
    _ configuration: VisionTowerConfiguration, _ sample: Int,
    _ destination: UnsafeMutablePointer<Float>
  ) {
    var generator = SeededGenerator(seed: 1000 + UInt64(sample))
    for index in 0..<configuration.pixelCount { destination[index] = Float(generator.normal()) }
  }
}
