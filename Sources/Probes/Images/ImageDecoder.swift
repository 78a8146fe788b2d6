import CImageCodecs

/// Reads JPEG and PNG exactly as Pillow's `Image.open(...).convert("RGB")` does.
///
/// JPEG: the slow integer inverse DCT and smooth chroma upsampling, grey repeated, CMYK taken as
/// inverted and then converted without a colour profile, EXIF orientation ignored. PNG: alpha and
/// transparency are dropped without blending, 16-bit colour keeps its high byte, 16-bit grey is
/// clipped at 255 (what Pillow 13.0.0 does), an index beyond the palette is black.
///
/// Stricter than Pillow in one thing: data that is damaged or ends early is an error even where
/// pixels could still be guessed, because a probe must mean the same picture to everybody.
public enum ImageDecoder {
  /// The largest number of pixels that is decoded.
  public static let mostPixels = 64_000_000
  /// The longest side that is decoded, as in libjpeg.
  public static let longestSide = 65_500
  /// The largest encoded image that is read, in bytes.
  public static let mostBytes = 256 << 20

  /// Decodes one image; the format is told by the content, not by the name.
  ///
  /// - Parameters:
  ///   - bytes: the encoded image.
  ///   - name: what errors call it.
  /// - Throws: ``ImageError/emptyImage(sample:)``, ``ImageError/tooManyBytes(sample:count:limit:)``,
  ///   ``ImageError/unsupportedFormat(sample:found:)``,
  ///   ``ImageError/tooManyPixels(sample:width:height:limit:)``,
  ///   ``ImageError/corruptImage(sample:format:reason:)``,
  ///   ``ImageError/unsupportedVariant(sample:format:reason:)``, ``ImageError/outOfMemory(sample:)``.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, name: String
  ) throws(ImageError) -> RGBImage {
    guard let base = bytes.baseAddress, bytes.count > 0 else { throw .emptyImage(sample: name) }
    guard bytes.count <= mostBytes else {
      throw .tooManyBytes(sample: name, count: bytes.count, limit: mostBytes)
    }
    guard let format = ImageFormat(of: bytes), format.isDecodable else {
      let found = ImageFormat(of: bytes)?.rawValue ?? "neither"
      throw .unsupportedFormat(sample: name, found: found)
    }
    let start = base.assumingMemoryBound(to: UInt8.self)
    var report = routemark_image_report()
    if format == .jpeg {
      routemark_jpeg_inspect(start, bytes.count, &report)
    } else {
      routemark_png_inspect(start, bytes.count, &report)
    }
    try check(report, format: format, name: name)
    let width = Int(report.width)
    let height = Int(report.height)
    guard width <= longestSide, height <= longestSide, width * height <= mostPixels else {
      throw .tooManyPixels(sample: name, width: width, height: height, limit: mostPixels)
    }
    let pixels = [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
      if format == .jpeg {
        routemark_jpeg_decode(
          start, bytes.count, UInt32(width), UInt32(height), target.baseAddress, &report)
      } else {
        routemark_png_decode(
          start, bytes.count, UInt32(width), UInt32(height), target.baseAddress, &report)
      }
      // After a failure the rest of the buffer was never written; none of it is handed out.
      count = report.status == 0 ? 3 * width * height : 0
    }
    try check(report, format: format, name: name)
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private static func check(
    _ report: routemark_image_report, format: ImageFormat, name: String
  ) throws(ImageError) {
    let status = UInt32(report.status)
    if status == ROUTEMARK_IMAGE_OK.rawValue { return }
    let reason = withUnsafeBytes(of: report.message) { message in
      String(decoding: message.prefix { $0 != 0 }, as: UTF8.self)
    }
    switch status {
    case ROUTEMARK_IMAGE_NO_MEMORY.rawValue: throw .outOfMemory(sample: name)
    case ROUTEMARK_IMAGE_UNSUPPORTED.rawValue:
      throw .unsupportedVariant(sample: name, format: format.rawValue, reason: reason)
    default: throw .corruptImage(sample: name, format: format.rawValue, reason: reason)
    }
  }
}
