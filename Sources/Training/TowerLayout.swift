/// The tensors of a CLIP vision tower in one flat array, and where the passes find them.
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
      _ layout: inout ParameterLayout, _ prefix: String, width: Int, mlpWidth: Int
    ) {
      fc1Weight = layout.add("\(prefix).fc1.weight", [mlpWidth, width])
      fc1Bias = layout.add("\(prefix).fc1.bias", [mlpWidth])
      fc2Weight = layout.add("\(prefix).fc2.weight", [width, mlpWidth])
      fc2Bias = layout.add("\(prefix).fc2.bias", [width])
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
    var layout = ParameterLayout()
    let embeddings = "vision_model.embeddings"
    classEmbedding = layout.add("\(embeddings).class_embedding", [width])
    patchEmbedding = layout.add(
      "\(embeddings).patch_embedding.weight", [width, 3, shape.patch, shape.patch])
    positionEmbedding = layout.add(
      "\(embeddings).position_embedding.weight", [shape.tokens, width])
    // The misspelling is upstream's.
    preNormWeight = layout.add("vision_model.pre_layrnorm.weight", [width])
    preNormBias = layout.add("vision_model.pre_layrnorm.bias", [width])
    layers = (0..<shape.layers).map { Self.add(layer: $0, of: shape, to: &layout) }
    postNormWeight = layout.add("vision_model.post_layernorm.weight", [width])
    postNormBias = layout.add("vision_model.post_layernorm.bias", [width])
    projection = layout.add("visual_projection.weight", [shape.projection, width])
    parameters = layout
  }

  private static func add(
    layer index: Int, of shape: TrainableTowerShape, to layout: inout ParameterLayout
  ) -> Layer {
    let width = shape.width
    let prefix = "vision_model.encoder.layers.\(index)"
    let attention = "\(prefix).self_attn"
    let norm1Weight = layout.add("\(prefix).layer_norm1.weight", [width])
    let norm1Bias = layout.add("\(prefix).layer_norm1.bias", [width])
    let qkvWeight = layout.add("\(attention).q_proj.weight", [width, width])
    layout.add("\(attention).k_proj.weight", [width, width])
    layout.add("\(attention).v_proj.weight", [width, width])
    let qkvBias = layout.add("\(attention).q_proj.bias", [width])
    layout.add("\(attention).k_proj.bias", [width])
    layout.add("\(attention).v_proj.bias", [width])
    let outWeight = layout.add("\(attention).out_proj.weight", [width, width])
    let outBias = layout.add("\(attention).out_proj.bias", [width])
    let norm2Weight = layout.add("\(prefix).layer_norm2.weight", [width])
    let norm2Bias = layout.add("\(prefix).layer_norm2.bias", [width])
    return Layer(
      norm1Weight: norm1Weight, norm1Bias: norm1Bias, qkvWeight: qkvWeight, qkvBias: qkvBias,
      outWeight: outWeight, outBias: outBias, norm2Weight: norm2Weight, norm2Bias: norm2Bias,
      mlp: MLPOffsets(&layout, "\(prefix).mlp", width: width, mlpWidth: shape.mlpWidth))
  }
}

extension TrainableTowerShape {
  /// The tensors of the tower under their Hugging Face names.
  public var layout: ParameterLayout { TowerLayout(self).parameters }
}
