import Foundation
import Probes
import Testing

@Suite struct HostileImageTests {
  @Test func noBytesAreAnEmptyImage() {
    #expect(throws: ImageError.emptyImage(sample: "a.jpg")) { try decode([], name: "a.jpg") }
  }

  @Test(arguments: [
    ("GIF", Array("GIF89a______".utf8)), ("WebP", Array("RIFF____WEBP".utf8)),
    ("BMP", Array("BM__________".utf8)), ("TIFF", [0x49, 0x49, 0x2A, 0, 0, 0, 0, 0]),
    ("AVIF", Array("____ftypavif".utf8)), ("neither", Array("<html></html>".utf8)),
    ("neither", [0xFF]), ("neither", [0x89, 0x50]),
  ])
  func otherFormatsAreNamed(found: String, bytes: [UInt8]) {
    #expect(throws: ImageError.unsupportedFormat(sample: "s", found: found)) {
      try decode(bytes, name: "s")
    }
  }

  @Test(arguments: [
    "jpeg-420-17x13", "jpeg-progressive", "jpeg-cmyk", "png-rgb-8", "png-palette-4",
  ])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try DecodeGolden.named(name)
    let last = name.hasPrefix("png") ? bytes.count - 1 : bytes.count - 2
    for count in 1...last {
      let error = #expect(throws: ImageError.self, "\(name) cut at \(count)") {
        try decode(Array(bytes.prefix(count)))
      }
      if count > 8, case .corruptImage = error { continue }
      if count <= 8, case .unsupportedFormat = error { continue }
      if count <= 8, case .corruptImage = error { continue }
      Issue.record("\(name) cut at \(count): \(String(describing: error))")
    }
  }

  @Test(arguments: 0..<200)
  func mutatedImagesDecodeOrThrow(seed: UInt64) throws {
    let goldens = try Goldens<DecodeGolden>.read("decode")
    var generator = SplitMix(seed: seed)
    let golden = goldens[Int(generator.next() % UInt64(goldens.count))]
    var bytes = Array(golden.encoded)
    for _ in 0..<(1 + generator.next() % 6) {
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
        truncatingIfNeeded: generator.next())
    }
    do {
      let image = try decode(bytes)
      #expect(image.pixels.count == 3 * image.width * image.height)
    } catch {
      #expect(error is ImageError)
    }
  }

  @Test func aChunkThatIsNotReadIsHeldAgainstItsChecksum() throws {
    let png = try DecodeGolden.named("png-rgb-8")
    // A tEXt chunk, "a" = "bc", with its checksum; behind the header and behind the pixels.
    let text: [UInt8] = [0, 0, 0, 4, 116, 69, 88, 116, 97, 0, 98, 99, 183, 110, 127, 233]
    for place in [33, png.count - 12] {
      let marked = Array(png[..<place]) + text + png[place...]
      #expect(try decode(marked) == decode(png))
      var damaged = marked
      damaged[place + 9] ^= 1
      let error = #expect(throws: ImageError.self) { try decode(damaged) }
      guard case .corruptImage(_, "PNG", _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func pngOf40000SquaredIsRefusedByItsHeader() throws {
    let bytes = try patchedPNG {
      $0.replaceSubrange(16..<24, with: [0, 0, 0x9C, 0x40, 0, 0, 0x9C, 0x40])
    }
    #expect(
      throws: ImageError.tooManyPixels(sample: "s", width: 40000, height: 40000, limit: 64_000_000)
    ) { try decode(bytes, name: "s") }
  }

  @Test func jpegOf40000SquaredIsRefusedByItsHeader() throws {
    var bytes = try DecodeGolden.named("jpeg-420-17x13")
    let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes.replaceSubrange((frame + 5)..<(frame + 9), with: [0x9C, 0x40, 0x9C, 0x40])
    #expect(
      throws: ImageError.tooManyPixels(sample: "s", width: 40000, height: 40000, limit: 64_000_000)
    ) { try decode(bytes, name: "s") }
  }

  @Test func aThinPNGWithALongSideIsRefused() throws {
    let bytes = try patchedPNG { $0.replaceSubrange(16..<24, with: [0, 0, 0, 1, 0, 1, 0, 0]) }
    #expect(
      throws: ImageError.tooManyPixels(sample: "s", width: 1, height: 65536, limit: 64_000_000)
    ) { try decode(bytes, name: "s") }
  }

  @Test func aWrongChecksumInAPNGIsAnError() throws {
    var bytes = try DecodeGolden.named("png-rgb-8")
    bytes[20] ^= 1
    guard
      case .corruptImage(_, "PNG", let reason)? = #expect(
        throws: ImageError.self, performing: { try decode(bytes) })
    else {
      Issue.record("expected a damaged PNG")
      return
    }
    #expect(reason.contains("CRC"))
  }

  @Test func damagedHuffmanDataIsAnErrorEvenWhereLibjpegOnlyWarns() throws {
    var bytes = try DecodeGolden.named("jpeg-restarts")
    let scan = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xDA })
    // A restart marker in the middle of the first interval: a premature end of data.
    bytes.replaceSubrange((scan + 16)..<(scan + 18), with: [0xFF, 0xD3])
    guard
      case .corruptImage(_, "JPEG", _)? = #expect(
        throws: ImageError.self, performing: { try decode(bytes) })
    else {
      Issue.record("expected a damaged JPEG")
      return
    }
  }

  @Test func twelveBitJPEGIsUnsupported() throws {
    var bytes = try DecodeGolden.named("jpeg-420-17x13")
    let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
    bytes[frame + 4] = 12
    guard
      case .unsupportedVariant("s", "JPEG", _)? = #expect(
        throws: ImageError.self, performing: { try decode(bytes, name: "s") })
    else {
      Issue.record("expected an unsupported JPEG")
      return
    }
  }

  @Test func aPNGOfNoSizeIsAnError() throws {
    let bytes = try patchedPNG { $0.replaceSubrange(16..<20, with: [0, 0, 0, 0]) }
    guard
      case .corruptImage(_, "PNG", _)? = #expect(
        throws: ImageError.self, performing: { try decode(bytes) })
    else {
      Issue.record("expected a damaged PNG")
      return
    }
  }

  /// A PNG whose header is changed and has the right checksum again.
  private func patchedPNG(_ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
    var bytes = try DecodeGolden.named("png-rgb-8")
    change(&bytes)
    var checksum: UInt32 = 0xFFFF_FFFF
    for byte in bytes[12..<29] {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum >> 1 ^ (checksum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    checksum = ~checksum
    bytes.replaceSubrange(29..<33, with: (0..<4).map { UInt8(checksum >> (24 - 8 * $0) & 255) })
    return bytes
  }
}

/// A small seeded generator (Steele, Lea, Flood 2014).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
