import Documents
import Files
import Foundation

/// The keys are those of Hugging Face's `preprocessor_config.json`.
///
/// `size` and `crop_size` may be one integer, as older files have it: a shortest edge and a square.
/// Where a switch is missing, resizing, rescaling and normalising are on, and the crop is on when
/// there is a `crop_size`. Keys that are not listed are ignored; `do_convert_rgb` too, since images
/// are always RGB here.
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

  /// Reads a `preprocessor_config.json`.
  ///
  /// - Throws: ``ImageError`` with the path when a value is missing or impossible; `DocumentError`
  ///   for text that is not strict JSON, such as a key that stands twice, and values of another type;
  ///   `FileError` when the file cannot be read.
  public init(contentsOf path: String) throws {
    var context: [CodingUserInfoKey: any Sendable] = [:]
    if let key = Self.fileKey { context[key] = path }
    self = try StrictJSON.decode(Self.self, contentsOf: path, context: context)
  }

  /// Reads a configuration.
  public init(from decoder: any Decoder) throws {
    let file = Self.fileKey.flatMap { decoder.userInfo[$0] as? String } ?? "preprocessing"
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func isOn(_ key: CodingKeys, otherwise: Bool) throws -> Bool {
      try container.decodeIfPresent(Bool.self, forKey: key) ?? otherwise
    }
    func required<Value: Decodable>(
      _ type: Value.Type, _ key: CodingKeys, by user: CodingKeys
    ) throws -> Value {
      guard let value = try container.decodeIfPresent(type, forKey: key) else {
        throw ImageError.missingValue(file: file, key: key.rawValue, neededBy: user.rawValue)
      }
      return value
    }

    var resize: Resize?
    if try isOn(.doResize, otherwise: true) {
      resize = try required(SizeOrEdge.self, .size, by: .doResize).resize
    }
    let number =
      try container.decodeIfPresent(Int.self, forKey: .resample)
      ?? ResamplingFilter.bicubic.rawValue
    guard let filter = ResamplingFilter(rawValue: number) else {
      throw ImageError.impossibleValue(
        file: file, key: CodingKeys.resample.rawValue, expected: "0 to 5", actual: "\(number)")
    }
    var crop: Size?
    if try isOn(.doCenterCrop, otherwise: container.contains(.cropSize)) {
      crop = try required(SizeOrEdge.self, .cropSize, by: .doCenterCrop)
        .square(file: file, key: CodingKeys.cropSize.rawValue)
    }
    var factor: Double?
    if try isOn(.doRescale, otherwise: true) {
      factor = try container.decodeIfPresent(Double.self, forKey: .rescaleFactor) ?? 1 / 255
    }
    var normalization: Normalization?
    if try isOn(.doNormalize, otherwise: true) {
      normalization = Normalization(
        mean: try required([Double].self, .imageMean, by: .doNormalize),
        deviation: try required([Double].self, .imageStd, by: .doNormalize))
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
  private struct SizeOrEdge: Decodable {
    let resize: Resize
    private let isBareInteger: Bool

    init(from decoder: any Decoder) throws {
      if let single = try? decoder.singleValueContainer(), let edge = try? single.decode(Int.self) {
        resize = .shortestEdge(edge)
        isBareInteger = true
        return
      }
      isBareInteger = false
      let container = try decoder.container(keyedBy: SizeKeys.self)
      if let edge = try container.decodeIfPresent(Int.self, forKey: .shortestEdge) {
        guard !container.contains(.longestEdge) else {
          throw DecodingError.dataCorruptedError(
            forKey: .longestEdge, in: container,
            debugDescription: "a longest edge beside the shortest edge is not supported")
        }
        resize = .shortestEdge(edge)
      } else {
        resize = .exact(
          height: try container.decode(Int.self, forKey: .height),
          width: try container.decode(Int.self, forKey: .width))
      }
    }

    func square(file: String, key: String) throws(ImageError) -> Size {
      switch resize {
      case .exact(let height, let width): return Size(height: height, width: width)
      case .shortestEdge(let edge):
        guard isBareInteger else {
          throw .impossibleValue(
            file: file, key: key, expected: "an integer, or a height and a width",
            actual: "a shortest edge of \(edge)")
        }
        return Size(height: edge, width: edge)
      }
    }
  }
}
