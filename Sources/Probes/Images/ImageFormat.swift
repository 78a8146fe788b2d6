/// A kind of image file, told by its first bytes.
enum ImageFormat: String, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  case gif = "GIF"
  case webp = "WebP"
  case bmp = "BMP"
  case tiff = "TIFF"
  case avif = "AVIF"
  case portableMap = "PNM"

  /// The format whose signature `bytes` begin with.
  init?(of bytes: UnsafeRawBufferPointer) {
    func has(_ signature: [UInt8], at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: signature)
    }
    if has([0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if has(Array("GIF8".utf8)) {
      self = .gif
    } else if has(Array("RIFF".utf8)), has(Array("WEBP".utf8), at: 8) {
      self = .webp
    } else if has([0x49, 0x49, 0x2A, 0]) || has([0x4D, 0x4D, 0, 0x2A]) {
      self = .tiff
    } else if has(Array("ftypavi".utf8), at: 4) {
      self = .avif
    } else if has(Array("BM".utf8)) {
      self = .bmp
    } else {
      return nil
    }
  }

  /// The format that a file extension promises, in any case.
  init?(fileExtension: some StringProtocol) {
    switch fileExtension.lowercased() {
    case "jpg", "jpeg": self = .jpeg
    case "png": self = .png
    case "gif": self = .gif
    case "webp": self = .webp
    case "bmp": self = .bmp
    case "tif", "tiff": self = .tiff
    case "avif": self = .avif
    case "ppm", "pgm", "pbm": self = .portableMap
    default: return nil
    }
  }

  /// Whether ``ImageDecoder`` reads it.
  var isDecodable: Bool { self == .jpeg || self == .png }
}
