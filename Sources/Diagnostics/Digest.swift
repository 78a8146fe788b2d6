/// A SHA-256 digest: the name by which models, probe suites and fingerprints are known.
///
/// The text form is `sha256:` followed by 64 lower-case hexadecimal digits.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public let hexadecimal: String

  /// Reads `sha256:` and 64 hexadecimal digits, or the digits alone.
  ///
  /// - Returns: `nil` when the text is anything else.
  public init?(_ text: String) {
    let digits = text.hasPrefix("sha256:") ? text.dropFirst("sha256:".count) : text[...]
    let isHexadecimal = digits.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard digits.utf8.count == 64, isHexadecimal else { return nil }
    hexadecimal = String(digits)
  }

  /// The digest whose 32 bytes are given.
  ///
  /// - Precondition: there are 32 bytes.
  public init(bytes: some Sequence<UInt8>) {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    precondition(text.count == 64, "a SHA-256 digest has 32 bytes")
    hexadecimal = String(decoding: text, as: UTF8.self)
  }

  /// `sha256:` and the digits.
  public var description: String { "sha256:\(hexadecimal)" }

  /// The first 12 digits, for tables.
  public var abbreviated: String { String(hexadecimal.prefix(12)) }

  /// Reads the text form.
  ///
  /// - Throws: `DecodingError.dataCorrupted` when the text is not a digest.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "`\(text.prefix(80))` is not `sha256:` and 64 hexadecimal digits")
    }
    self = digest
  }

  /// Writes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
