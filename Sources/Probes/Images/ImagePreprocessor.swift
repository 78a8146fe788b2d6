/// What a model expects to be done to an image first, as in a `preprocessor_config.json`.
///
/// The steps are those of Hugging Face's `CLIPImageProcessor`: convert to RGB, resize with Pillow's
/// filters, cut out the centre, scale to floats, subtract the mean and divide by the deviation.
///
///     let preprocessor = try ImagePreprocessor(contentsOf: "base/preprocessor_config.json")
///     let pixels = preprocessor.pixels(image)  // [3, outputHeight, outputWidth]
public struct ImagePreprocessor: Hashable, Sendable {
  /// How the first step chooses the new size.
  public enum Resize: Hashable, Sendable {
    /// Exactly this size, whatever the shape was.
    case exact(height: Int, width: Int)
    /// The shorter side becomes this long, the other keeps the shape.
    case shortestEdge(Int)
  }

  /// A height and a width.
  public struct Size: Hashable, Sendable {
    /// Rows.
    public var height: Int
    /// Columns.
    public var width: Int

    /// A height and a width.
    public init(height: Int, width: Int) {
      self.height = height
      self.width = width
    }
  }

  /// What is subtracted from and divided out of each channel.
  public struct Normalization: Hashable, Sendable {
    /// One mean a channel: red, green, blue.
    public var mean: [Double]
    /// One standard deviation a channel.
    public var deviation: [Double]

    /// One mean and one standard deviation a channel.
    public init(mean: [Double], deviation: [Double]) {
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// The longest side that a configuration may ask for.
  public static let longestSide = 4096

  /// The first step, if there is one.
  public let resize: Resize?
  /// The filter of the first step.
  public let filter: ResamplingFilter
  /// The size of the centre that is cut out, if any; what lies outside of the image is zero.
  public let crop: Size?
  /// What 0...255 is multiplied with, if anything; usually 1/255.
  public let rescaleFactor: Double?
  /// The last step, if there is one.
  public let normalization: Normalization?
  /// Rows of the result.
  public let outputHeight: Int
  /// Columns of the result.
  public let outputWidth: Int

  /// Checks and keeps a configuration.
  ///
  /// - Parameter file: what errors call the configuration.
  /// - Throws: ``ImageError/impossibleValue(file:key:expected:actual:)``,
  ///   ``ImageError/varyingOutputSize(file:actual:)``.
  public init(
    resize: Resize?, filter: ResamplingFilter = .bicubic, crop: Size? = nil,
    rescaleFactor: Double? = 1 / 255, normalization: Normalization? = nil,
    file: String = "preprocessing"
  ) throws(ImageError) {
    self.resize = resize
    self.filter = filter
    self.crop = crop
    self.rescaleFactor = rescaleFactor
    self.normalization = normalization
    switch resize {
    case .exact(let height, let width):
      try Self.checkSide(height, key: "size.height", file: file)
      try Self.checkSide(width, key: "size.width", file: file)
    case .shortestEdge(let edge):
      try Self.checkSide(edge, key: "size.shortest_edge", file: file)
    case nil: break
    }
    if let crop {
      try Self.checkSide(crop.height, key: "crop_size.height", file: file)
      try Self.checkSide(crop.width, key: "crop_size.width", file: file)
      (outputHeight, outputWidth) = (crop.height, crop.width)
    } else if case .exact(let height, let width) = resize {
      (outputHeight, outputWidth) = (height, width)
    } else {
      let actual = resize == nil ? "no resizing and no crop" : "a shortest edge and no crop"
      throw .varyingOutputSize(file: file, actual: actual)
    }
    try Self.check(rescaleFactor: rescaleFactor, normalization: normalization, file: file)
  }

  private static func checkSide(_ side: Int, key: String, file: String) throws(ImageError) {
    guard (1...longestSide).contains(side) else {
      throw .impossibleValue(
        file: file, key: key, expected: "1 to \(longestSide)", actual: "\(side)")
    }
  }

  private static func check(
    rescaleFactor: Double?, normalization: Normalization?, file: String
  ) throws(ImageError) {
    if let factor = rescaleFactor {
      // A factor whose products overflow or vanish in single precision would lose every pixel.
      guard factor.isFinite, Float(factor * 255).isFinite, Float(factor).isNormal else {
        throw .impossibleValue(
          file: file, key: "rescale_factor", expected: "a finite factor other than zero",
          actual: "\(factor)")
      }
    }
    guard let normalization else { return }
    let lists = [
      ("image_mean", normalization.mean), ("image_std", normalization.deviation),
    ]
    for (key, values) in lists {
      guard values.count == 3, values.allSatisfy({ Float($0).isFinite }) else {
        throw .impossibleValue(
          file: file, key: key, expected: "three finite numbers", actual: "\(values)")
      }
    }
    guard normalization.deviation.allSatisfy({ Float($0).isNormal && $0 > 0 }) else {
      throw .impossibleValue(
        file: file, key: "image_std", expected: "three numbers above zero",
        actual: "\(normalization.deviation)")
    }
  }

  /// The model's input for one image.
  ///
  /// - Returns: Shape `[3, outputHeight, outputWidth]`.
  public func pixels(_ image: RGBImage) -> [Float] {
    let count = 3 * outputHeight * outputWidth
    return [Float](unsafeUninitializedCapacity: count) { target, initialized in
      write(image, into: target)
      initialized = count
    }
  }

  /// Writes the model's input for one image.
  ///
  /// Equation: x = (float(u * factor) - mean) / deviation, with the product in Double and the rest
  /// in Float, as NumPy computes it in transformers.
  /// Shapes: `target` is `[3, outputHeight, outputWidth]`.
  ///
  /// - Precondition: `target` has that many elements.
  public func write(_ image: RGBImage, into target: UnsafeMutableBufferPointer<Float>) {
    let area = outputHeight * outputWidth
    precondition(target.count == 3 * area, "room for three channels")
    let prepared = resizedAndCropped(image)
    let values = channelValues()
    prepared.pixels.withUnsafeBufferPointer { source in
      values.withUnsafeBufferPointer { values in
        for channel in 0..<3 {
          let plane = UnsafeMutableBufferPointer(rebasing: target[(channel * area)...])
          let table = UnsafeBufferPointer(rebasing: values[(channel * 256)...])
          for i in 0..<area { plane[i] = table[Int(source[3 * i + channel])] }
        }
      }
    }
  }

  /// The result for each channel and each of the 256 values of a pixel; shape `[3, 256]`.
  private func channelValues() -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(3 * 256)
    for channel in 0..<3 {
      for pixel in 0..<256 {
        var value = Float(pixel)
        if let rescaleFactor { value = Float(Double(pixel) * rescaleFactor) }
        if let normalization {
          value =
            (value - Float(normalization.mean[channel])) / Float(normalization.deviation[channel])
        }
        values.append(value)
      }
    }
    return values
  }
}
