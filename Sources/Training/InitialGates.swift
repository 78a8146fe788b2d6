import ModelMerging
import RoutedModels
import VisionTransformers

/// How the gates of a WEMoE begin.
public enum InitialGates: Sendable {
  /// As `GateInitialization` makes them for a new merge.
  case fresh(seed: UInt64)
  /// Gates that exist already.
  case values(ParameterStore)

  func store(
    _ shape: TrainableTowerShape, depth: GateDepth, experts: Int
  ) throws -> ParameterStore {
    let layout = GateLayout(shape, depth: depth, experts: experts).parameters
    switch self {
    case .values(let store):
      guard store.layout == layout else {
        throw TrainingError.wrongElementCount(
          tensor: "gates", expected: layout.count, actual: store.layout.count)
      }
      return store
    case .fresh(let seed):
      var configuration = VisionTowerConfiguration()
      configuration.hiddenSize = shape.width
      configuration.hiddenLayerCount = shape.layers
      let tensors = try GateInitialization(depth: depth.rawValue, seed: seed)
        .tensors(configuration, expertCount: experts)
      let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
      return try ParameterStore(layout) { name, _ in values[name] ?? [] }
    }
  }
}
