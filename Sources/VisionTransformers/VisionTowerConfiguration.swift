import RoutedModels
import Tensors

/// The shape of a pre-norm vision tower, with the keys that transformers' vision models share.
///
/// A family says what `config.json` leaves out: defaults, names of tensors, how tokens begin and how they
/// become a feature. What CLIP's towers do is the default of those.
public struct VisionTowerConfiguration: Sendable, Hashable, Encodable {
  /// How the tokens after the last layer become one feature.
  public enum Pooling: String, Sendable, Hashable, Codable {
    /// The class token, its norm, and a projection where there is one.
    case classToken = "class_token"
    /// A norm, attention of one learned query over all tokens, and an MLP beside the residual.
    case attention
    /// There is no feature.
    case none
  }

  /// D, the width of a token.
  public var hiddenSize = 768
  /// F, the width of the MLP.
  public var intermediateSize = 3072
  /// L, the number of encoder layers.
  public var hiddenLayerCount = 12
  /// H, the number of attention heads.
  public var attentionHeadCount = 12
  /// Height and width of an input image in pixels.
  public var imageSize = 224
  /// Height and width of a patch in pixels.
  public var patchSize = 32
  /// Length of the feature.
  public var projectionSize = 512
  /// Colour channels of an input image; only 3 is supported.
  public var channelCount = 3
  /// `quick_gelu`, `gelu` or `gelu_pytorch_tanh`.
  public var hiddenActivation = "quick_gelu"
  /// Added to the variance in every layer norm.
  public var layerNormEpsilon: Float = 1e-5
  /// Whether a learned token stands before the patches.
  public var hasClassToken = true
  /// Whether the map from patches to tokens has a bias.
  public var hasPatchBias = false
  /// Whether there is a layer norm before the first layer.
  public var hasEmbeddingNorm = true
  /// How the tokens after the last layer become one feature.
  public var pooling = Pooling.classToken
  /// What the family calls its tensors.
  public let names: TensorNames

  /// The shape of CLIP ViT-B/32, with a family's names; the family changes what is different.
  public init(names: TensorNames) { self.names = names }

  enum CodingKeys: String, CodingKey {
    case hiddenSize = "hidden_size"
    case intermediateSize = "intermediate_size"
    case hiddenLayerCount = "num_hidden_layers"
    case attentionHeadCount = "num_attention_heads"
    case imageSize = "image_size"
    case patchSize = "patch_size"
    case projectionSize = "projection_dim"
    case channelCount = "num_channels"
    case hiddenActivation = "hidden_act"
    case layerNormEpsilon = "layer_norm_eps"
  }

  private enum ArchitectureKeys: String, CodingKey {
    case hasClassToken = "class_token"
    case hasPatchBias = "patch_bias"
    case hasEmbeddingNorm = "embedding_norm"
    case pooling
  }

  /// Reads the keys of a `config.json` that are there and not `null`; the others stay.
  public mutating func read(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      if let found = try container.decodeIfPresent(Value.self, forKey: key) { value = found }
    }
    try read(.hiddenSize, into: &hiddenSize)
    try read(.intermediateSize, into: &intermediateSize)
    try read(.hiddenLayerCount, into: &hiddenLayerCount)
    try read(.attentionHeadCount, into: &attentionHeadCount)
    try read(.imageSize, into: &imageSize)
    try read(.patchSize, into: &patchSize)
    try read(.projectionSize, into: &projectionSize)
    try read(.channelCount, into: &channelCount)
    try read(.hiddenActivation, into: &hiddenActivation)
    try read(.layerNormEpsilon, into: &layerNormEpsilon)
  }

  /// Writes the keys of a `config.json`, and those of the architecture where it is not CLIP's: the text is
  /// a part of digests, which older versions made without them.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(hiddenSize, forKey: .hiddenSize)
    try keys.encode(intermediateSize, forKey: .intermediateSize)
    try keys.encode(hiddenLayerCount, forKey: .hiddenLayerCount)
    try keys.encode(attentionHeadCount, forKey: .attentionHeadCount)
    try keys.encode(imageSize, forKey: .imageSize)
    try keys.encode(patchSize, forKey: .patchSize)
    try keys.encode(projectionSize, forKey: .projectionSize)
    try keys.encode(channelCount, forKey: .channelCount)
    try keys.encode(hiddenActivation, forKey: .hiddenActivation)
    try keys.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
    var architecture = encoder.container(keyedBy: ArchitectureKeys.self)
    if !hasClassToken { try architecture.encode(hasClassToken, forKey: .hasClassToken) }
    if hasPatchBias { try architecture.encode(hasPatchBias, forKey: .hasPatchBias) }
    if !hasEmbeddingNorm { try architecture.encode(hasEmbeddingNorm, forKey: .hasEmbeddingNorm) }
    if pooling != .classToken { try architecture.encode(pooling, forKey: .pooling) }
  }

  /// Patches along one side of the image.
  public var gridSize: Int { imageSize / patchSize }
  /// Patches of an image.
  public var patchCount: Int { gridSize * gridSize }
  /// T, the number of tokens of an image, the class token included where there is one.
  public var tokenCount: Int { patchCount + (hasClassToken ? 1 : 0) }
  /// Numbers in a flattened patch.
  public var patchElementCount: Int { channelCount * patchSize * patchSize }
  /// Numbers in a preprocessed image, `[3, H, W]`.
  public var pixelCount: Int { channelCount * imageSize * imageSize }

  /// The activation function of the MLPs.
  ///
  /// - Throws: ``VisionModelError/unknownActivation(file:actual:)``.
  public func activation(file: String) throws(VisionModelError) -> Activation {
    switch hiddenActivation {
    case "quick_gelu": .quickGELU
    case "gelu": .gelu
    case "gelu_pytorch_tanh", "gelu_new": .tanhGELU
    default: throw .unknownActivation(file: file, actual: hiddenActivation)
    }
  }

  /// Refuses numbers that no tower can have, before anything is allocated for them.
  ///
  /// - Throws: ``VisionModelError/valueOutOfRange(file:key:expected:actual:)``,
  ///   ``VisionModelError/unknownActivation(file:actual:)``.
  public func validate(file: String) throws(VisionModelError) {
    _ = try activation(file: file)
    func check(_ key: CodingKeys, _ value: Int, _ range: ClosedRange<Int>) throws(VisionModelError)
    {
      guard range.contains(value) else {
        throw .valueOutOfRange(
          file: file, key: key.rawValue,
          expected: "\(range.lowerBound) to \(range.upperBound)", actual: "\(value)")
      }
    }
    try check(.hiddenSize, hiddenSize, 1...16384)
    try check(.intermediateSize, intermediateSize, 1...65536)
    try check(.hiddenLayerCount, hiddenLayerCount, 1...256)
    try check(.attentionHeadCount, attentionHeadCount, 1...256)
    try check(.imageSize, imageSize, 1...4096)
    try check(.patchSize, patchSize, 1...imageSize)
    try check(.projectionSize, projectionSize, 1...65536)
    try check(.channelCount, channelCount, 3...3)
    guard hiddenSize % attentionHeadCount == 0 else {
      throw .valueOutOfRange(
        file: file, key: CodingKeys.attentionHeadCount.rawValue,
        expected: "a divisor of `hidden_size` \(hiddenSize)", actual: "\(attentionHeadCount)")
    }
    guard layerNormEpsilon > 0, layerNormEpsilon < 1 else {
      throw .valueOutOfRange(
        file: file, key: CodingKeys.layerNormEpsilon.rawValue, expected: "above 0 and below 1",
        actual: "\(layerNormEpsilon)")
    }
  }
}
