import CImageCodecs

extension RGBImage {
  /// The image as a PNG, 8 bits a channel.
  ///
  /// - Parameter name: what errors call it.
  /// - Throws: ``ImageError/outOfMemory(sample:)``.
  public func png(name: String) throws(ImageError) -> [UInt8] {
    // Stored without compression a row takes its bytes and one more; headers take far below 4 KiB.
    var count = pixels.count + pixels.count / 100 + height + 4096
    var bytes = [UInt8](repeating: 0, count: count)
    let status = routemark_png_encode(pixels, UInt32(width), UInt32(height), &bytes, &count)
    guard UInt32(status) == ROUTEMARK_IMAGE_OK.rawValue else { throw .outOfMemory(sample: name) }
    return Array(bytes.prefix(count))
  }
}
