import RoutedModels

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
    var layout = ParameterLayout(names: shape.names)
    layers = (0..<shape.layers).map { index in
      var places: [TensorRole: Int] = [:]
      for tensor in depth.tensors(layer: index, width: shape.width, expertCount: experts) {
        places[tensor.role] = layout.add(tensor.role, tensor.shape)
      }
      func place(_ component: TensorRole.Component, _ kind: TensorRole.Kind) -> Int? {
        places[TensorRole(component, kind, layer: index)]
      }
      let isConstant = depth == .constant
      return Layer(
        hiddenWeight: place(.routerHidden, .weight), hiddenBias: place(.routerHidden, .bias),
        weight: isConstant ? nil : place(depth.output, .weight),
        bias: place(depth.output, isConstant ? .weight : .bias) ?? 0)
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
    var layout = ParameterLayout(names: shape.names)
    layers = (0..<shape.layers).map { layer in
      (0..<experts).map { expert in
        TowerLayout.MLPOffsets(
          &layout, layer: layer, slot: .taskVector(expert), width: shape.width,
          mlpWidth: shape.mlpWidth)
      }
    }
    parameters = layout
  }
}
