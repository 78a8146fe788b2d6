import RoutedModels
import Tensors

/// Scale and shift of a layer norm, `[D]` each.
public struct LayerNormWeights: Sendable {
  /// The scale.
  public let gamma: FloatStorage
  /// The shift.
  public let beta: FloatStorage

  init(_ source: some TensorSource, under name: String, width: Int) throws {
    gamma = FloatStorage(try source.tensor("\(name).weight", shape: [width]))
    beta = FloatStorage(try source.tensor("\(name).bias", shape: [width]))
  }
}

/// One pre-norm encoder layer: attention, then an MLP, each added to the residual stream.
public struct EncoderLayer: Sendable {
  let norm1: LayerNormWeights
  /// Query, key and value maps stacked, `[3D, D]`: one product instead of three.
  let attentionInput: PackedMatrix
  let attentionInputBias: FloatStorage  // [3D]
  let attentionOutput: PackedMatrix  // [D, D]
  let attentionOutputBias: FloatStorage  // [D]
  let norm2: LayerNormWeights
  /// The MLP, or the mixture of experts in its place.
  public let feedForward: any FeedForward

  init(
    _ source: some TensorSource, under name: String, _ configuration: VisionTowerConfiguration,
    precision: Precision, feedForward: any FeedForward
  ) throws {
    let D = configuration.hiddenSize
    norm1 = try LayerNormWeights(source, under: "\(name).layer_norm1", width: D)
    norm2 = try LayerNormWeights(source, under: "\(name).layer_norm2", width: D)
    let projections = ["q_proj", "k_proj", "v_proj"].map { "\(name).self_attn.\($0)" }
    attentionInput = try source.matrix(
      projections.map { "\($0).weight" }, shape: [D, D], precision: precision)
    attentionInputBias = FloatStorage(
      try projections.flatMap { try source.tensor("\($0).bias", shape: [D]) })
    attentionOutput = try source.matrix(
      ["\(name).self_attn.out_proj.weight"], shape: [D, D], precision: precision)
    attentionOutputBias = FloatStorage(
      try source.tensor("\(name).self_attn.out_proj.bias", shape: [D]))
    self.feedForward = feedForward
  }
}
