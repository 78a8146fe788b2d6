/// What the image processors of transformers do where their file does not say it.
///
/// Values as in transformers 5.24. Processors that are not listed do other steps, so their files are
/// refused by name.
struct ImageProcessorKind {
  let size: ImagePreprocessor.Resize?
  let filter: ResamplingFilter
  /// Whether a `size` of one integer is a square and not a shortest edge.
  let squaresIntegers: Bool
  let crops: Bool
  let cropSize: ImagePreprocessor.Resize?
  let normalization: ImagePreprocessor.Normalization

  private static let clip = ImageProcessorKind(
    size: .shortestEdge(224), filter: .bicubic, squaresIntegers: false, crops: true,
    cropSize: .exact(height: 224, width: 224),
    normalization: .init(
      mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711]))
  private static let siglip = ImageProcessorKind(
    size: .exact(height: 224, width: 224), filter: .bicubic, squaresIntegers: false, crops: false,
    cropSize: nil, normalization: .init(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
  private static let vit = ImageProcessorKind(
    size: .exact(height: 224, width: 224), filter: .bilinear, squaresIntegers: true, crops: false,
    cropSize: nil, normalization: .init(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
  private static let known = ["CLIP": clip, "Siglip": siglip, "ViT": vit]

  /// Switches that are read or change nothing here; any other that is on is refused.
  private static let readSwitches: Set<String> = [
    "do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb",
  ]
  /// Settings of steps that are not done here.
  private static let foreignSettings = [
    "crop_pct", "size_divisor", "max_num_patches", "patch_size", "min_pixels", "max_pixels",
  ]
  private static let foreignSwitches = ["rescale_offset", "use_square_size"]

  /// The processor that a configuration names, if it names one.
  ///
  /// - Throws: ``ImageError/unsupportedProcessor(file:key:actual:)`` for an unknown processor and for a
  ///   step that is not done here.
  init?(_ decoder: any Decoder, file: String) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      let name = key.stringValue
      let isSwitch = name.hasPrefix("do_") && !Self.readSwitches.contains(name)
      if isSwitch || Self.foreignSwitches.contains(name) {
        guard (try? container.decode(Bool.self, forKey: key)) == true else { continue }
        throw ImageError.unsupportedProcessor(file: file, key: name, actual: "true")
      }
      if Self.foreignSettings.contains(name), try !container.decodeNil(forKey: key) {
        throw ImageError.unsupportedProcessor(file: file, key: name, actual: "set")
      }
    }
    for name in ["image_processor_type", "feature_extractor_type"] {
      let key = AnyKey(stringValue: name)
      guard let type = try container.decodeIfPresent(String.self, forKey: key) else { continue }
      guard let kind = Self.known[Self.stem(type)] else {
        throw ImageError.unsupportedProcessor(file: file, key: name, actual: "`\(type)`")
      }
      self = kind
      return
    }
    return nil
  }

  private init(
    size: ImagePreprocessor.Resize?, filter: ResamplingFilter, squaresIntegers: Bool, crops: Bool,
    cropSize: ImagePreprocessor.Resize?, normalization: ImagePreprocessor.Normalization
  ) {
    self.size = size
    self.filter = filter
    self.squaresIntegers = squaresIntegers
    self.crops = crops
    self.cropSize = cropSize
    self.normalization = normalization
  }

  /// `CLIP` of `CLIPImageProcessorFast` and of `CLIPFeatureExtractor`.
  private static func stem(_ type: String) -> String {
    for suffix in ["Fast", "Pil", ""] where type.hasSuffix(suffix) {
      let name = type.dropLast(suffix.count)
      for role in ["ImageProcessor", "FeatureExtractor"] where name.hasSuffix(role) {
        return String(name.dropLast(role.count))
      }
    }
    return type
  }
}

/// Any key of a JSON object.
struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
