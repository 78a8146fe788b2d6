import Documents
import Files
import RoutedModels
import VisionTransformers

/// SigLIP's vision tower (Zhai et al., 2023, arXiv:2303.15343), as transformers saves it:
/// `SiglipVisionModel`, and the vision half of `SiglipModel`.
///
/// No class token and no norm before the first layer; patches have a bias; attention of a learned query
/// pools the tokens. Keys that `config.json` leaves out have the defaults of
/// `transformers.SiglipVisionConfig`.
public struct SiglipFamily: VisionFamily {
  /// The family.
  public init() {}

  /// Those of the tower and of a whole SigLIP.
  public let modelTypes = ["siglip_vision_model", "siglip"]

  /// Transformers' names.
  public static let tensorNames = TensorNames(
    family: "SigLIP vision tower", landmark: TensorRole(.patchEmbedding, .bias),
    trunk: "vision_model.",
    mixtureClass: "WEMoESiglipVisionModel",
    [
      .patchEmbedding: ["{trunk}embeddings.patch_embedding.{kind}"],
      .positionEmbedding: ["{trunk}embeddings.position_embedding.{kind}"],
      .finalNorm: ["{trunk}post_layernorm.{kind}"],
      .poolingProbe: ["{trunk}head.probe"],
      .poolingInput: ["{trunk}head.attention.in_proj_{kind}"],
      .poolingOutput: ["{trunk}head.attention.out_proj.{kind}"],
      .poolingNorm: ["{trunk}head.layernorm.{kind}"],
      .poolingUp: ["{trunk}head.mlp.fc1.{kind}"],
      .poolingDown: ["{trunk}head.mlp.fc2.{kind}"],
    ].merging(TransformersEncoder.patterns) { own, _ in own })

  /// What its tensors are called.
  public var names: TensorNames { Self.tensorNames }

  /// SigLIP base, patch 16.
  public static let defaults: VisionTowerConfiguration = {
    var configuration = VisionTowerConfiguration(names: tensorNames)
    configuration.patchSize = 16
    configuration.hiddenActivation = "gelu_pytorch_tanh"
    configuration.layerNormEpsilon = 1e-6
    configuration.hasClassToken = false
    configuration.hasPatchBias = true
    configuration.hasEmbeddingNorm = false
    configuration.pooling = .attention
    return configuration
  }()

  private struct Tower: Decodable {
    var configuration = SiglipFamily.defaults
    enum CodingKeys: String, CodingKey { case usesHead = "vision_use_head" }

    init(from decoder: any Decoder) throws {
      try configuration.read(from: decoder)
      configuration.projectionSize = configuration.hiddenSize
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      if try keys.decodeIfPresent(Bool.self, forKey: .usesHead) == false {
        configuration.pooling = .none
      }
    }
  }

  /// Reads the file of a tower, or the `vision_config` of a whole SigLIP.
  public func configuration(contentsOf file: String) throws -> VisionTowerConfiguration {
    struct Whole: Decodable {
      var tower: Tower?
      enum CodingKeys: String, CodingKey { case tower = "vision_config" }
    }
    let whole = try StrictJSON.decode(Whole.self, contentsOf: file).tower
    let configuration =
      try whole?.configuration ?? StrictJSON.decode(Tower.self, contentsOf: file).configuration
    try configuration.validate(file: file)
    return configuration
  }
}
