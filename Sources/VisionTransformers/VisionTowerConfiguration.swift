import Checkpoints
import Documents
import Files
import Tensors

/// The shape of a CLIP vision tower, key for key as Hugging Face's `config.json` has it.
///
/// Keys that the file leaves out have the defaults of `transformers.CLIPVisionConfig`. The file of a
/// whole CLIP model is read too: its `vision_config` is used.
public struct VisionTowerConfiguration: Sendable, Hashable, Codable {
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
  /// Length of the projected feature.
  public var projectionSize = 512
  /// Colour channels of an input image; only 3 is supported.
  public var channelCount = 3
  /// `quick_gelu` or `gelu`.
  public var hiddenActivation = "quick_gelu"
  /// Added to the variance in every layer norm.
  public var layerNormEpsilon: Float = 1e-5

  /// The configuration of CLIP ViT-B/32.
  public init() {}

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

  /// Reads the keys that are there; the others keep their defaults.
  public init(from decoder: any Decoder) throws {
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

  /// Patches along one side of the image.
  public var gridSize: Int { imageSize / patchSize }
  /// T, the number of tokens of an image, the class token included.
  public var tokenCount: Int { gridSize * gridSize + 1 }
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
    guard layerNormEpsilon.isFinite, layerNormEpsilon > 0 else {
      throw .valueOutOfRange(
        file: file, key: CodingKeys.layerNormEpsilon.rawValue, expected: "a positive number",
        actual: "\(layerNormEpsilon)")
    }
  }

  /// Reads and validates a `config.json`.
  ///
  /// - Throws: `CheckpointError` when the file is not readable JSON of this form; ``VisionModelError``.
  public init(contentsOf path: String) throws {
    struct Nested: Decodable {
      var visionConfiguration: VisionTowerConfiguration?
      var projectionSize: Int?
      enum CodingKeys: String, CodingKey {
        case visionConfiguration = "vision_config"
        case projectionSize = "projection_dim"
      }
    }
    let nested = try StrictJSON.decode(Nested.self, contentsOf: path)
    if let inner = nested.visionConfiguration {
      self = inner
      projectionSize = nested.projectionSize ?? inner.projectionSize
    } else {
      self = try StrictJSON.decode(VisionTowerConfiguration.self, contentsOf: path)
    }
    try validate(file: path)
  }
}
