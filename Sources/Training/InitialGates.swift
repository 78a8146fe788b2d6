import Tensors

/// How the gates of a WEMoE begin.
public enum InitialGates: Sendable {
  /// fusion_bench's: weights from N(0, 0.01^2), hidden biases 0, output biases (or the constant
  /// vector) equal to `bias`.
  case seeded(UInt64, bias: Float = 0.3)
  /// Gates that exist already.
  case values(ParameterStore)

  func store(_ layout: GateLayout) throws(TrainingError) -> ParameterStore {
    switch self {
    case .values(let store):
      guard store.layout == layout.parameters else {
        throw .wrongElementCount(
          tensor: "gates", expected: layout.parameters.count, actual: store.layout.count)
      }
      return store
    case .seeded(let seed, let bias):
      let store = ParameterStore(layout.parameters)
      var generator = SeededGenerator(seed: seed, stream: 0x6761_7465)
      for layer in layout.layers {
        let first = layer.hiddenWeight ?? layer.weight ?? layer.bias
        let end = layer.bias
        for index in first..<end { store.pointer[index] = Float(0.01 * generator.normal()) }
        if let hiddenBias = layer.hiddenBias, let weight = layer.weight {
          (store.pointer + hiddenBias).update(repeating: 0, count: weight - hiddenBias)
        }
        let experts = (layout.layers.count > 1 ? nextFirst(layout, after: layer) : nil)
        let count = (experts ?? layout.parameters.count) - layer.bias
        (store.pointer + layer.bias).update(repeating: bias, count: count)
      }
      return store
    }
  }

  private func nextFirst(_ layout: GateLayout, after layer: GateLayout.Layer) -> Int? {
    layout.layers.lazy.map { $0.hiddenWeight ?? $0.weight ?? $0.bias }
      .first { $0 > layer.bias }
  }
}
