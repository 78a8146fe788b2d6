import Documents
import Files

/// Finds the `config.json` of a tower: in its own folder, in open_clip's words, in the base model's
/// folder, or in the shapes of its tensors and what the user states.
struct TowerConfiguration {
  /// Where to look, the first choice first.
  var folders: [String] = []
  let activation: String?

  static let openCLIPName = "open_clip_config.json"

  init(activation: String?) { self.activation = activation }

  /// The `config.json` to write, what was assumed, and the preprocessing if open_clip's file tells it.
  struct Resolved {
    var keys: [String: JSONValue]
    var notes: [String] = []
    var preprocessing: [String: JSONValue]?
  }

  /// - Throws: ``ModelImportError``, `DocumentError`.
  func resolved(_ shape: TowerShape, file: String) throws -> Resolved {
    if let activation, !["quick_gelu", "gelu"].contains(activation) {
      throw ModelImportError.unsupportedValue(
        file: file, key: "hidden_act", expected: "`quick_gelu` or `gelu`",
        actual: "`\(activation)`")
    }
    for folder in folders {
      if ModelConversion.exists("config.json", in: folder) {
        let path = "\(folder)/config.json"
        var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: path)
        try shape.check(keys, file: path)
        if let activation { keys["hidden_act"] = .string(activation) }
        return Resolved(keys: keys)
      }
      if ModelConversion.exists(Self.openCLIPName, in: folder) {
        return try openCLIP(shape, file: "\(folder)/\(Self.openCLIPName)")
      }
    }
    return try stated(shape, file: file)
  }

  /// Everything from shapes, with the activation that the user states.
  private func stated(_ shape: TowerShape, file: String) throws(ModelImportError) -> Resolved {
    guard let activation else { throw .unknownValue(file: file, key: "hidden_act") }
    guard shape.width % 64 == 0 else {
      throw .unknownValue(file: file, key: "num_attention_heads")
    }
    let heads = shape.width / 64
    return Resolved(
      keys: keys(shape, heads: heads, activation: activation),
      notes: [
        "the number of attention heads is taken to be width / 64 = \(heads), as in CLIP's published "
          + "models"
      ])
  }

  private func keys(
    _ shape: TowerShape, heads: Int, activation: String
  ) -> [String: JSONValue] {
    var keys = shape.keys.mapValues { JSONValue.integer($0) }
    keys["num_attention_heads"] = .integer(heads)
    keys["hidden_act"] = .string(activation)
    keys["model_type"] = .string("clip_vision_model")
    keys["architectures"] = .array([.string("CLIPVisionModelWithProjection")])
    return keys
  }

  // MARK: open_clip

  private struct OpenCLIP: Decodable {
    struct Model: Decodable {
      var quickGELU: Bool?
      var vision: Vision
      enum CodingKeys: String, CodingKey {
        case quickGELU = "quick_gelu"
        case vision = "vision_cfg"
      }
    }
    struct Vision: Decodable {
      var headWidth: Int?
      var imageSize: Int?
      enum CodingKeys: String, CodingKey {
        case headWidth = "head_width"
        case imageSize = "image_size"
      }
    }
    struct Preprocessing: Decodable {
      var mean: [Double]?
      var std: [Double]?
      var interpolation: String?
      var resizeMode: String?
      enum CodingKeys: String, CodingKey {
        case mean, std, interpolation
        case resizeMode = "resize_mode"
      }
    }
    var model: Model
    var preprocessing: Preprocessing?
    enum CodingKeys: String, CodingKey {
      case model = "model_cfg"
      case preprocessing = "preprocess_cfg"
    }
  }

  private func openCLIP(_ shape: TowerShape, file: String) throws -> Resolved {
    let stated = try StrictJSON.decode(OpenCLIP.self, contentsOf: file)
    let headWidth = stated.model.vision.headWidth ?? 64
    guard headWidth > 0, shape.width % headWidth == 0 else {
      throw ModelImportError.shapeContradiction(
        file: file, key: "head_width", expected: "a divisor of the width \(shape.width)",
        actual: "\(headWidth)")
    }
    let own = stated.model.quickGELU == true ? "quick_gelu" : "gelu"
    var keys = keys(shape, heads: shape.width / headWidth, activation: activation ?? own)
    let size = stated.model.vision.imageSize ?? shape.keys["image_size"] ?? 0
    keys["image_size"] = .integer(size)
    try shape.check(keys, file: file)
    return Resolved(
      keys: keys,
      preprocessing: try preprocessing(stated.preprocessing, size: size, file: file))
  }

  /// What open_clip's evaluation transform does, in Hugging Face's words.
  private func preprocessing(
    _ stated: OpenCLIP.Preprocessing?, size: Int, file: String
  ) throws(ModelImportError) -> [String: JSONValue] {
    let filters = ["bilinear": 2, "bicubic": 3]
    let interpolation = stated?.interpolation ?? "bicubic"
    guard let filter = filters[interpolation] else {
      throw .unsupportedValue(
        file: file, key: "interpolation", expected: "`bicubic` or `bilinear`",
        actual: "`\(interpolation)`")
    }
    let square: JSONValue = .object(["height": .integer(size), "width": .integer(size)])
    var keys: [String: JSONValue] = [
      "image_processor_type": .string("CLIPImageProcessor"), "do_convert_rgb": .boolean(true),
      "do_resize": .boolean(true), "resample": .integer(filter), "do_rescale": .boolean(true),
      "rescale_factor": .number(1.0 / 255), "do_normalize": .boolean(true),
      "image_mean": .array((stated?.mean ?? Self.mean).map { .number($0) }),
      "image_std": .array((stated?.std ?? Self.deviation).map { .number($0) }),
    ]
    switch stated?.resizeMode ?? "shortest" {
    case "shortest":
      keys["size"] = .object(["shortest_edge": .integer(size)])
      keys["do_center_crop"] = .boolean(true)
      keys["crop_size"] = square
    case "squash":
      keys["size"] = square
      keys["do_center_crop"] = .boolean(false)
    case let mode:
      throw .unsupportedValue(
        file: file, key: "resize_mode", expected: "`shortest` or `squash`", actual: "`\(mode)`")
    }
    return keys
  }

  // OpenAI's constants, which open_clip uses where nothing is stated.
  private static let mean = [0.481_454_66, 0.457_827_5, 0.408_210_73]
  private static let deviation = [0.268_629_54, 0.261_302_58, 0.275_777_11]
}
