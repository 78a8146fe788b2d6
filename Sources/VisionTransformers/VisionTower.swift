import RoutedModels
import Tensors

/// A pre-norm vision tower, dense or merged: from preprocessed images to features and router logits.
///
/// What the families have in common is Radford et al., 2021 (arXiv:2103.00020), section 2.4; how tokens
/// begin and how they become a feature is in the configuration. Order of operations: transformers'.
///
///     let tower = try VisionTower(configuration, source) { layer in
///       DenseMLP(try MLPWeights(source, layer: layer, configuration), activation: .quickGELU)
///     }
public struct VisionTower: Sendable {
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  let embedding: TowerEmbedding
  /// The encoder layers in order.
  public let layers: [EncoderLayer]
  let finalNorm: LayerNormWeights
  /// `[P, D]`; `nil` for a tower that was saved without its projection, or has none.
  let projection: PackedMatrix?
  /// `nil` for a tower that takes its class token.
  let attentionPooling: AttentionPooling?

  /// Builds the tower from its tensors and an MLP for every layer.
  ///
  /// - Parameters:
  ///   - precision: of the weights outside of the MLPs.
  ///   - feedForward: makes the MLP of a layer; called from several threads.
  /// - Throws: the source's errors.
  public init(
    _ configuration: VisionTowerConfiguration, _ source: some TensorSource,
    precision: Precision = .f32,
    feedForward: @Sendable (_ layer: Int) throws -> any FeedForward
  ) throws {
    self.configuration = configuration
    let D = configuration.hiddenSize
    embedding = try TowerEmbedding(source, configuration, precision: precision)
    // Each is read, converted and packed by itself.
    layers = try WorkerPool().map(configuration.hiddenLayerCount) { layer in
      try EncoderLayer(
        source, layer: layer, configuration, precision: precision,
        feedForward: try feedForward(layer))
    }
    finalNorm = try LayerNormWeights(source, .finalNorm, width: D)
    let hasProjection =
      configuration.pooling == .classToken && source.contains(TensorRole(.projection))
    projection =
      hasProjection
      ? try source.matrix(
        [TensorRole(.projection)], shape: [configuration.projectionSize, D],
        precision: precision) : nil
    attentionPooling =
      configuration.pooling == .attention
      ? try AttentionPooling(source, configuration, precision: precision) : nil
  }

  /// Whether a forward pass can give features.
  public var hasFeatures: Bool { projection != nil || attentionPooling != nil }

  /// A plain tower with a dense MLP in every layer.
  ///
  /// - Throws: the source's errors, ``VisionModelError/unknownActivation(file:actual:)``.
  public init(
    dense source: some TensorSource, _ configuration: VisionTowerConfiguration,
    precision: Precision = .f32
  ) throws {
    let activation = try configuration.activation(file: source.path)
    try self.init(configuration, source, precision: precision) { layer in
      DenseMLP(
        try MLPWeights(source, layer: layer, configuration, precision: precision),
        activation: activation)
    }
  }

  /// E, the number of experts of every layer; 0 for a plain tower.
  public var expertCount: Int { layers.first?.feedForward.expertCount ?? 0 }
}
