/// One 512-byte header of a tar archive, with its checksum verified.
///
/// Formats: POSIX ustar, its predecessor without a magic, and GNU's. Numbers are octal text, or
/// base-256 where the first byte has its high bit set.
struct TarHeader {
  static let blockSize = 512

  /// The name, with the ustar prefix in front; empty fields give an empty name.
  let name: [UInt8]
  let size: Int
  let kind: UInt8

  /// Whether all bytes of the block are zero, which ends an archive.
  static func isEnd(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

  /// - Precondition: `block` has 512 bytes.
  init(
    _ block: UnsafeRawBufferPointer, archive: String, offset: Int
  ) throws(ImageError) {
    precondition(block.count == Self.blockSize, "a header is one block")
    let checksum = 148..<156
    var sum = 8 * Int(UInt8(ascii: " "))
    var signedSum = sum
    for index in block.indices where !checksum.contains(index) {
      sum += Int(block[index])
      signedSum += Int(Int8(bitPattern: block[index]))
    }
    let stored = try Self.number(block, checksum, "checksum", archive: archive, offset: offset)
    // Some old writers added up signed bytes.
    guard stored == sum || stored == signedSum else {
      throw .headerChecksum(archive: archive, offset: offset, expected: sum, actual: stored)
    }
    size = try Self.number(block, 124..<136, "size", archive: archive, offset: offset)
    kind = block[156]
    var name = Self.text(block, 0..<100)
    // GNU's magic has a space where POSIX has a zero, and keeps other things in the prefix.
    if block[257..<263].elementsEqual(Array("ustar\0".utf8)) {
      let prefix = Self.text(block, 345..<500)
      if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    }
    self.name = name
  }

  private static func text(_ block: UnsafeRawBufferPointer, _ range: Range<Int>) -> [UInt8] {
    Array(block[range].prefix { $0 != 0 })
  }

  private static func number(
    _ block: UnsafeRawBufferPointer, _ range: Range<Int>, _ field: String, archive: String,
    offset: Int
  ) throws(ImageError) -> Int {
    let bytes = block[range]
    if let first = bytes.first, first & 0x80 != 0 {
      // Bit 6 is the sign; a negative size or one beyond 63 bits has no meaning.
      var value = Int(first & 0x3F)
      var fits = first & 0x40 == 0
      for byte in bytes.dropFirst() {
        fits = fits && value < 1 << 54
        if fits { value = value << 8 | Int(byte) }
      }
      guard fits else {
        throw .malformedHeader(
          archive: archive, offset: offset, field: field, expected: "0 or more, in 63 bits",
          actual: "a base-256 number that is negative or longer")
      }
      return value
    }
    let blanks: Set<UInt8> = [0, UInt8(ascii: " ")]
    let digits = bytes.drop { $0 == UInt8(ascii: " ") }.prefix { !blanks.contains($0) }
    let isOctal = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
    let rest = bytes[digits.endIndex...]
    guard isOctal, rest.allSatisfy(blanks.contains) else {
      throw .malformedHeader(
        archive: archive, offset: offset, field: field, expected: "octal digits",
        actual: PrintableText.of(bytes))
    }
    // At most 12 digits: 36 bits.
    return digits.reduce(0) { $0 << 3 | Int($1 & 7) }
  }
}

/// Bytes of a file in a form that is safe to print: what is not printable ASCII becomes `\xNN`.
enum PrintableText {
  static func of(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes.prefix(80) {
      if (0x20...0x7E).contains(byte) {
        text.append(Character(UnicodeScalar(byte)))
      } else {
        let digits = String(byte, radix: 16)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return text
  }
}
