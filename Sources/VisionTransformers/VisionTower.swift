import RoutedModels
import Tensors

/// A CLIP vision tower, dense or merged: from preprocessed images to features and router logits.
///
/// Radford et al., 2021 (arXiv:2103.00020); names and order of operations follow
/// `transformers.CLIPVisionModelWithProjection`.
///
///     let tower = try VisionTower(configuration, source) { layer, name in
///       DenseMLP(try MLPWeights(source, under: name, configuration), activation: .quickGELU)
///     }
public struct VisionTower: Sendable {
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  let patchEmbedding: PackedMatrix  // [D, 3pp]
  let classEmbedding: FloatStorage  // [D]
  let positionEmbedding: FloatStorage  // [T, D]
  let preNorm: LayerNormWeights
  /// The encoder layers in order.
  public let layers: [EncoderLayer]
  let postNorm: LayerNormWeights
  /// `[P, D]`; `nil` for a tower that was saved without its projection.
  let projection: PackedMatrix?

  /// Builds the tower from named tensors and an MLP for every layer.
  ///
  /// - Parameters:
  ///   - precision: of the weights outside of the MLPs.
  ///   - feedForward: makes the MLP of a layer from its index and its name in the checkpoint, such as
  ///     `vision_model.encoder.layers.0.mlp`; called from several threads.
  /// - Throws: the source's errors.
  public init(
    _ configuration: VisionTowerConfiguration, _ source: some TensorSource,
    precision: Precision = .f32,
    feedForward: @Sendable (_ layer: Int, _ name: String) throws -> any FeedForward
  ) throws {
    self.configuration = configuration
    let D = configuration.hiddenSize
    let p = configuration.patchSize
    let embeddings = "vision_model.embeddings"
    patchEmbedding = try source.matrix(
      ["\(embeddings).patch_embedding.weight"], shape: [D, 3, p, p], precision: precision)
    classEmbedding = FloatStorage(try source.tensor("\(embeddings).class_embedding", shape: [D]))
    positionEmbedding = FloatStorage(
      try source.tensor(
        "\(embeddings).position_embedding.weight", shape: [configuration.tokenCount, D]))
    // The missing letter is CLIP's own.
    preNorm = try LayerNormWeights(source, under: "vision_model.pre_layrnorm", width: D)
    // Each is read, converted and packed by itself.
    layers = try WorkerPool().map(configuration.hiddenLayerCount) { layer in
      let name = EncoderTensors.name(ofLayer: layer)
      return try EncoderLayer(
        source, under: name, configuration, precision: precision,
        feedForward: try feedForward(layer, "\(name).mlp"))
    }
    postNorm = try LayerNormWeights(source, under: "vision_model.post_layernorm", width: D)
    if source.contains("visual_projection.weight") {
      projection = try source.matrix(
        ["visual_projection.weight"], shape: [configuration.projectionSize, D],
        precision: precision)
    } else {
      projection = nil
    }
  }

  /// A plain tower with a dense MLP in every layer.
  ///
  /// - Throws: the source's errors, ``VisionModelError/unknownActivation(file:actual:)``.
  public init(
    dense source: some TensorSource, _ configuration: VisionTowerConfiguration,
    precision: Precision = .f32
  ) throws {
    let activation = try configuration.activation(file: source.path)
    try self.init(configuration, source, precision: precision) { _, name in
      DenseMLP(
        try MLPWeights(source, under: name, configuration, precision: precision),
        activation: activation)
    }
  }

  /// E, the number of experts of every layer; 0 for a plain tower.
  public var expertCount: Int { layers.first?.feedForward.expertCount ?? 0 }
}
