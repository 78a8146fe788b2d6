/// A decoded picture: 8-bit red, green and blue, row by row from the top left.
public struct RGBImage: Sendable, Equatable {
  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  /// Shape: `[height, width, 3]`, without padding.
  public let pixels: [UInt8]

  /// Takes pixels that are there already.
  ///
  /// - Precondition: both sides are positive and there are `3 * width * height` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "an image has at least one pixel")
    precondition(pixels.count == 3 * width * height, "three bytes a pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
