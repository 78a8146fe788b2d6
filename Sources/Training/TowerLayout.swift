import RoutedModels

/// The tensors of a vision tower in one flat array, and where the passes find them.
package struct TowerLayout: Sendable {
  /// First indices of a layer's tensors.
  ///
  /// `qkv` is the `[3D, D]` stack of the q, k and v weights.
  package struct Layer: Sendable {
    package let norm1Weight, norm1Bias: Int
    package let qkvWeight, qkvBias: Int
    package let outWeight, outBias: Int
    package let norm2Weight, norm2Bias: Int
    package let mlp: MLPOffsets
  }

  /// First indices of an MLP's tensors.
  package struct MLPOffsets: Sendable {
    package let fc1Weight, fc1Bias, fc2Weight, fc2Bias: Int

    package init(
      _ layout: inout ParameterLayout, layer: Int, slot: TensorRole.Slot, width: Int,
      mlpWidth: Int
    ) {
      func add(
        _ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]
      ) -> Int {
        layout.add(TensorRole(component, kind, layer: layer, slot: slot), shape)
      }
      fc1Weight = add(.up, .weight, [mlpWidth, width])
      fc1Bias = add(.up, .bias, [mlpWidth])
      fc2Weight = add(.down, .weight, [width, mlpWidth])
      fc2Bias = add(.down, .bias, [width])
    }
  }

  package let parameters: ParameterLayout
  package let classEmbedding, patchEmbedding, positionEmbedding: Int
  package let preNormWeight, preNormBias: Int
  package let layers: [Layer]
  package let postNormWeight, postNormBias: Int
  package let projection: Int

  package init(_ shape: TrainableTowerShape) {
    let width = shape.width
    var layout = ParameterLayout(names: shape.names)
    classEmbedding = layout.add(TensorRole(.classEmbedding), [width])
    patchEmbedding = layout.add(
      TensorRole(.patchEmbedding), [width, 3, shape.patch, shape.patch])
    positionEmbedding = layout.add(TensorRole(.positionEmbedding), [shape.tokens, width])
    preNormWeight = layout.add(TensorRole(.embeddingNorm, .weight), [width])
    preNormBias = layout.add(TensorRole(.embeddingNorm, .bias), [width])
    layers = (0..<shape.layers).map { Self.add(layer: $0, of: shape, to: &layout) }
    postNormWeight = layout.add(TensorRole(.finalNorm, .weight), [width])
    postNormBias = layout.add(TensorRole(.finalNorm, .bias), [width])
    projection = layout.add(TensorRole(.projection), [shape.projection, width])
    parameters = layout
  }

  private static func add(
    layer index: Int, of shape: TrainableTowerShape, to layout: inout ParameterLayout
  ) -> Layer {
    let width = shape.width
    func add(_ component: TensorRole.Component, _ kind: TensorRole.Kind, _ shape: [Int]) -> Int {
      layout.add(TensorRole(component, kind, layer: index), shape)
    }
    let norm1Weight = add(.attentionNorm, .weight, [width])
    let norm1Bias = add(.attentionNorm, .bias, [width])
    // Neighbours, so that the three are one matrix.
    let qkvWeight = add(.query, .weight, [width, width])
    _ = (add(.key, .weight, [width, width]), add(.value, .weight, [width, width]))
    let qkvBias = add(.query, .bias, [width])
    _ = (add(.key, .bias, [width]), add(.value, .bias, [width]))
    let outWeight = add(.attentionOutput, .weight, [width, width])
    let outBias = add(.attentionOutput, .bias, [width])
    let norm2Weight = add(.expertNorm, .weight, [width])
    let norm2Bias = add(.expertNorm, .bias, [width])
    return Layer(
      norm1Weight: norm1Weight, norm1Bias: norm1Bias, qkvWeight: qkvWeight, qkvBias: qkvBias,
      outWeight: outWeight, outBias: outBias, norm2Weight: norm2Weight, norm2Bias: norm2Bias,
      mlp: MLPOffsets(
        &layout, layer: index, slot: .dense, width: width, mlpWidth: shape.mlpWidth))
  }
}

extension TrainableTowerShape {
  /// The tensors of the tower under the family's names.
  public var layout: ParameterLayout { TowerLayout(self).parameters }
}
