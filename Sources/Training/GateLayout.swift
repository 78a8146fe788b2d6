/// How many linear maps a WEMoE gate has; the names and shapes are fusion_bench's.
public enum GateDepth: Int, Sendable, CaseIterable {
  /// A learned constant vector of E logits.
  case constant = 0
  /// Linear(D, E).
  case linear = 1
  /// Linear(D, D), ReLU, Linear(D, E).
  case hidden = 2
}

/// The tensors of all layers' gates in one flat array.
package struct GateLayout: Sendable {
  /// First indices of one layer's gate.
  ///
  /// `hiddenWeight` is absent below depth 2, `weight` at depth 0 (where `bias` is the constant
  /// vector).
  package struct Layer: Sendable {
    package let hiddenWeight, hiddenBias: Int?
    package let weight: Int?
    package let bias: Int
  }

  package let parameters: ParameterLayout
  package let layers: [Layer]

  package init(_ shape: TrainableTowerShape, depth: GateDepth, experts: Int) {
    let width = shape.width
    var layout = ParameterLayout()
    layers = (0..<shape.layers).map { index in
      let prefix = "vision_model.encoder.layers.\(index).mlp.gate"
      switch depth {
      case .constant:
        return Layer(
          hiddenWeight: nil, hiddenBias: nil, weight: nil,
          bias: layout.add("\(prefix).weight", [experts]))
      case .linear:
        let weight = layout.add("\(prefix).fc.weight", [experts, width])
        let bias = layout.add("\(prefix).fc.bias", [experts])
        return Layer(hiddenWeight: nil, hiddenBias: nil, weight: weight, bias: bias)
      case .hidden:
        let hiddenWeight = layout.add("\(prefix).fc1.weight", [width, width])
        let hiddenBias = layout.add("\(prefix).fc1.bias", [width])
        let weight = layout.add("\(prefix).fc2.weight", [experts, width])
        let bias = layout.add("\(prefix).fc2.bias", [experts])
        return Layer(
          hiddenWeight: hiddenWeight, hiddenBias: hiddenBias, weight: weight, bias: bias)
      }
    }
    parameters = layout
  }
}

/// The MLP task vectors of all layers and experts in one flat array.
package struct TaskVectorLayout: Sendable {
  package let parameters: ParameterLayout
  /// The first indices `[L][E]`.
  package let layers: [[TowerLayout.MLPOffsets]]

  package init(_ shape: TrainableTowerShape, experts: Int) {
    var layout = ParameterLayout()
    layers = (0..<shape.layers).map { layer in
      (0..<experts).map { expert in
        TowerLayout.MLPOffsets(
          &layout, "vision_model.encoder.layers.\(layer).mlp.task_vectors.\(expert)",
          width: shape.width, mlpWidth: shape.mlpWidth)
      }
    }
    parameters = layout
  }
}
