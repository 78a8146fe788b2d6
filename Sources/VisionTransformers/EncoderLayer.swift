import RoutedModels
import Tensors

/// Scale and shift of a layer norm, `[D]` each.
public struct LayerNormWeights: Sendable {
  /// The scale.
  public let gamma: FloatStorage
  /// The shift.
  public let beta: FloatStorage

  init(
    _ source: some TensorSource, _ component: TensorRole.Component, layer: Int? = nil, width: Int
  ) throws {
    gamma = FloatStorage(
      try source.tensor(TensorRole(component, .weight, layer: layer), shape: [width]))
    beta = FloatStorage(
      try source.tensor(TensorRole(component, .bias, layer: layer), shape: [width]))
  }
}

/// One pre-norm encoder layer: attention, then an MLP, each added to the residual stream.
public struct EncoderLayer: Sendable {
  package let norm1: LayerNormWeights
  /// Query, key and value maps stacked, `[3D, D]`: one product instead of three.
  package let attentionInput: PackedMatrix
  package let attentionInputBias: FloatStorage  // [3D]
  package let attentionOutput: PackedMatrix  // [D, D]
  package let attentionOutputBias: FloatStorage  // [D]
  package let norm2: LayerNormWeights
  /// The MLP, or the mixture of experts in its place.
  public let feedForward: any FeedForward

  package init(
    _ source: some TensorSource, layer: Int, _ configuration: VisionTowerConfiguration,
    precision: Precision = .f32, feedForward: any FeedForward
  ) throws {
    let D = configuration.hiddenSize
    norm1 = try LayerNormWeights(source, .attentionNorm, layer: layer, width: D)
    norm2 = try LayerNormWeights(source, .expertNorm, layer: layer, width: D)
    let maps: [TensorRole.Component] = [.query, .key, .value]
    attentionInput = try source.matrix(
      maps.map { TensorRole($0, .weight, layer: layer) }, shape: [D, D], precision: precision)
    attentionInputBias = FloatStorage(
      try maps.flatMap { try source.tensor(TensorRole($0, .bias, layer: layer), shape: [D]) })
    attentionOutput = try source.matrix(
      [TensorRole(.attentionOutput, .weight, layer: layer)], shape: [D, D], precision: precision)
    attentionOutputBias = FloatStorage(
      try source.tensor(TensorRole(.attentionOutput, .bias, layer: layer), shape: [D]))
    self.feedForward = feedForward
  }
}
