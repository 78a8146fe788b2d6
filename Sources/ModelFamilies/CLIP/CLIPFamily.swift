import Documents
import Files
import Foundation
import RoutedModels
import VisionTransformers

/// CLIP's vision tower (Radford et al., 2021, arXiv:2103.00020), as transformers saves it: `CLIPVisionModel`,
/// `CLIPVisionModelWithProjection`, and the vision half of `CLIPModel`.
///
/// A class token, a norm before the first layer, and a projection of the class token. Keys that
/// `config.json` leaves out have the defaults of `transformers.CLIPVisionConfig`.
public struct CLIPFamily: VisionFamily {
  /// The family.
  public init() {}

  /// Those of the tower and of a whole CLIP.
  public let modelTypes = ["clip_vision_model", "clip"]

  /// Transformers' names, and fusion_bench's for the parts of a merge.
  public static let tensorNames = TensorNames(
    family: "CLIP vision tower", landmark: TensorRole(.classEmbedding), trunk: "vision_model.",
    mixtureClass: "WEMoECLIPVisionModelWithProjection",
    [
      .classEmbedding: ["{trunk}embeddings.class_embedding"],
      .patchEmbedding: ["{trunk}embeddings.patch_embedding.{kind}"],
      .positionEmbedding: ["{trunk}embeddings.position_embedding.{kind}"],
      // The missing letter is CLIP's own.
      .embeddingNorm: ["{trunk}pre_layrnorm.{kind}"],
      .finalNorm: ["{trunk}post_layernorm.{kind}"],
      .projection: ["visual_projection.{kind}"],
    ].merging(TransformersEncoder.patterns) { own, _ in own })

  /// What its tensors are called.
  public var names: TensorNames { Self.tensorNames }

  /// CLIP ViT-B/32.
  public static let defaults = VisionTowerConfiguration(names: tensorNames)

  private struct Tower: Decodable {
    var configuration = CLIPFamily.defaults
    init(from decoder: any Decoder) throws { try configuration.read(from: decoder) }
  }

  /// Reads the file of a tower, or the `vision_config` of a whole CLIP.
  public func configuration(contentsOf file: String) throws -> VisionTowerConfiguration {
    struct Whole: Decodable {
      var tower: Tower?
      var projectionSize: Int?
      enum CodingKeys: String, CodingKey {
        case tower = "vision_config"
        case projectionSize = "projection_dim"
      }
    }
    let whole = try StrictJSON.decode(Whole.self, contentsOf: file)
    var configuration: VisionTowerConfiguration
    if let tower = whole.tower {
      configuration = tower.configuration
      configuration.projectionSize = whole.projectionSize ?? configuration.projectionSize
    } else {
      configuration = try StrictJSON.decode(Tower.self, contentsOf: file).configuration
    }
    try configuration.validate(file: file)
    return configuration
  }

  /// The configuration that the keys of a tower's `config.json` state; `file` names them in errors.
  ///
  /// - Throws: `DocumentError`, `VisionModelError`.
  static func configuration(
    keys: [String: JSONValue], file: String
  ) throws -> VisionTowerConfiguration {
    let text = try JSONEncoder().encode(JSONValue.object(keys))
    let configuration = try StrictJSON.decode(Tower.self, from: text, file: file).configuration
    try configuration.validate(file: file)
    return configuration
  }
}
