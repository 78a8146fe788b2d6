import ModelMerging
import RoutedModels

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
      let made = try GateInitialization(depth: depth.rawValue, seed: seed)
        .tensors(layerCount: shape.layers, width: shape.width, expertCount: experts)
      let values = Dictionary(uniqueKeysWithValues: made.map { ($0.tensor.role, $0.values) })
      return try ParameterStore(layout) { values[$0.role] ?? [] }
    }
  }
}
