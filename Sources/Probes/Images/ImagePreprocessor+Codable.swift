import Documents
import Files
import Foundation

/// The keys are those of Hugging Face's `preprocessor_config.json`.
///
/// `size` and `crop_size` may be one integer, as older files have it: a shortest edge (a square for
/// ViT's processor) and a square. What is not said is as the named processor has it (see
/// ``ImageProcessorKind``). Where none is named, resizing, rescaling and normalising are on, and the
/// crop is on when there is a `crop_size`.
///
/// `null` is as if the key was not there, and `do_center_crop: null` is no crop. Two exceptions are
/// refused because releases of transformers read them differently or not at all: a `null` of another
/// switch, and `resample: null` where images are resized. Steps that are not done here are refused by
/// name when they are on, such as `do_pad`, `do_flip_channel_order` and `crop_pct`. `do_convert_rgb` is
/// ignored, since images are always RGB here.
extension ImagePreprocessor: Codable {
  private enum CodingKeys: String, CodingKey {
    case doResize = "do_resize"
    case size
    case resample
    case doCenterCrop = "do_center_crop"
    case cropSize = "crop_size"
    case doRescale = "do_rescale"
    case rescaleFactor = "rescale_factor"
    case doNormalize = "do_normalize"
    case imageMean = "image_mean"
    case imageStd = "image_std"
  }

  private enum SizeKeys: String, CodingKey {
    case height, width
    case shortestEdge = "shortest_edge"
    case longestEdge = "longest_edge"
  }

  private static let fileKey = CodingUserInfoKey(rawValue: "Probes.file")

  /// Reads a `preprocessor_config.json`, or the `image_processor` of a `processor_config.json`.
  ///
  /// - Throws: ``ImageError`` with the path when a value is missing, impossible or asks for a step that
  ///   is not done here; `DocumentError` for text that is not strict JSON, such as a key that stands
  ///   twice, and values of another type; `FileError` when the file cannot be read.
  public init(contentsOf path: String) throws {
    var context: [CodingUserInfoKey: any Sendable] = [:]
    if let key = Self.fileKey { context[key] = path }
    self = try StrictJSON.decode(PossiblyNested.self, contentsOf: path, context: context).value
  }

  /// A configuration, by itself or inside that of a whole processor.
  private struct PossiblyNested: Decodable {
    let value: ImagePreprocessor

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: AnyKey.self)
      let nested = AnyKey(stringValue: "image_processor")
      value =
        try container.decodeIfPresent(ImagePreprocessor.self, forKey: nested)
        ?? ImagePreprocessor(from: decoder)
    }
  }

  /// Reads a configuration.
  public init(from decoder: any Decoder) throws {
    let file = Self.fileKey.flatMap { decoder.userInfo[$0] as? String } ?? "preprocessing"
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try ImageProcessorKind(decoder, file: file)
    func isOn(_ key: CodingKeys, otherwise: Bool) throws -> Bool {
      if container.contains(key), try container.decodeNil(forKey: key), key != .doCenterCrop {
        throw ImageError.impossibleValue(
          file: file, key: key.rawValue, expected: "true or false", actual: "null")
      }
      guard container.contains(key) else { return otherwise }
      return try container.decodeIfPresent(Bool.self, forKey: key) ?? false
    }
    func required<Value: Decodable>(
      _ type: Value.Type, _ key: CodingKeys, by user: CodingKeys, otherwise: Value? = nil
    ) throws -> Value {
      if let value = try container.decodeIfPresent(type, forKey: key) { return value }
      guard let otherwise, !container.contains(key) else {
        throw ImageError.missingValue(file: file, key: key.rawValue, neededBy: user.rawValue)
      }
      return otherwise
    }

    var resize: Resize?
    if try isOn(.doResize, otherwise: true) {
      resize = try required(
        SizeOrEdge.self, .size, by: .doResize, otherwise: kind?.size.map(SizeOrEdge.init)
      ).resize(squaring: kind?.squaresIntegers ?? false)
      if container.contains(.resample), try container.decodeNil(forKey: .resample) {
        throw ImageError.impossibleValue(
          file: file, key: CodingKeys.resample.rawValue, expected: "0 to 5", actual: "null")
      }
    }
    let number =
      try container.decodeIfPresent(Int.self, forKey: .resample)
      ?? (kind?.filter ?? .bicubic).rawValue
    guard let filter = ResamplingFilter(rawValue: number) else {
      throw ImageError.impossibleValue(
        file: file, key: CodingKeys.resample.rawValue, expected: "0 to 5", actual: "\(number)")
    }
    var crop: Size?
    let hasCropSize = try container.decodeIfPresent(SizeOrEdge.self, forKey: .cropSize) != nil
    if try isOn(.doCenterCrop, otherwise: kind?.crops ?? hasCropSize) {
      crop = try required(
        SizeOrEdge.self, .cropSize, by: .doCenterCrop,
        otherwise: kind?.cropSize.map(SizeOrEdge.init)
      ).square(file: file, key: CodingKeys.cropSize.rawValue)
    }
    var factor: Double?
    if try isOn(.doRescale, otherwise: true) {
      factor = try container.decodeIfPresent(Double.self, forKey: .rescaleFactor) ?? 1 / 255
    }
    var normalization: Normalization?
    if try isOn(.doNormalize, otherwise: true) {
      let usual = kind?.normalization
      normalization = Normalization(
        mean: try required(
          [Double].self, .imageMean, by: .doNormalize, otherwise: usual?.mean),
        deviation: try required(
          [Double].self, .imageStd, by: .doNormalize, otherwise: usual?.deviation))
    }
    try self.init(
      resize: resize, filter: filter, crop: crop, rescaleFactor: factor,
      normalization: normalization, file: file)
  }

  /// Writes a configuration that reads back as the same.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(resize != nil, forKey: .doResize)
    if let resize {
      var size = container.nestedContainer(keyedBy: SizeKeys.self, forKey: .size)
      switch resize {
      case .exact(let height, let width):
        try size.encode(height, forKey: .height)
        try size.encode(width, forKey: .width)
      case .shortestEdge(let edge): try size.encode(edge, forKey: .shortestEdge)
      }
    }
    try container.encode(filter.rawValue, forKey: .resample)
    try container.encode(crop != nil, forKey: .doCenterCrop)
    if let crop {
      var size = container.nestedContainer(keyedBy: SizeKeys.self, forKey: .cropSize)
      try size.encode(crop.height, forKey: .height)
      try size.encode(crop.width, forKey: .width)
    }
    try container.encode(rescaleFactor != nil, forKey: .doRescale)
    try container.encodeIfPresent(rescaleFactor, forKey: .rescaleFactor)
    try container.encode(normalization != nil, forKey: .doNormalize)
    try container.encodeIfPresent(normalization?.mean, forKey: .imageMean)
    try container.encodeIfPresent(normalization?.deviation, forKey: .imageStd)
  }

  /// `224`, `{"shortest_edge": 224}` or `{"height": 224, "width": 224}`.
  private enum SizeOrEdge: Decodable {
    case integer(Int)
    case shape(Resize)

    /// A shape that a processor has where its file says none.
    init(_ shape: Resize) { self = .shape(shape) }

    init(from decoder: any Decoder) throws {
      if let single = try? decoder.singleValueContainer(), let edge = try? single.decode(Int.self) {
        self = .integer(edge)
        return
      }
      let container = try decoder.container(keyedBy: SizeKeys.self)
      let longest = try container.decodeIfPresent(Int.self, forKey: .longestEdge)
      let shortest = try container.decodeIfPresent(Int.self, forKey: .shortestEdge)
      if longest != nil {
        throw DecodingError.dataCorruptedError(
          forKey: .longestEdge, in: container,
          debugDescription: shortest == nil
            ? "a longest edge leaves the size open; only a height and a width or a shortest edge are read"
            : "a longest edge beside the shortest edge is not supported")
      }
      if let shortest {
        self = .shape(.shortestEdge(shortest))
      } else {
        self = .shape(
          .exact(
            height: try container.decode(Int.self, forKey: .height),
            width: try container.decode(Int.self, forKey: .width)))
      }
    }

    func resize(squaring: Bool) -> Resize {
      switch self {
      case .integer(let edge):
        squaring ? .exact(height: edge, width: edge) : .shortestEdge(edge)
      case .shape(let shape): shape
      }
    }

    func square(file: String, key: String) throws(ImageError) -> Size {
      switch self {
      case .integer(let edge): return Size(height: edge, width: edge)
      case .shape(.exact(let height, let width)): return Size(height: height, width: width)
      case .shape(.shortestEdge(let edge)):
        throw .impossibleValue(
          file: file, key: key, expected: "an integer, or a height and a width",
          actual: "a shortest edge of \(edge)")
      }
    }
  }
}
