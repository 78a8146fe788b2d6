import Crypto
import Diagnostics

/// 256 bits that the owner drew and keeps to himself.
///
/// What is drawn from it - a pattern on weights, a subset of a pool - is as random as the key is, and
/// follows from it to the last bit. It has no description that shows it.
public struct SecretKey: Sendable, Hashable {
  /// Bytes in a key.
  public static let byteCount = 32

  /// The bytes.
  public let bytes: [UInt8]

  /// A fresh key from the system's generator.
  public init() {
    var generator = SystemRandomNumberGenerator()
    bytes = (0..<Self.byteCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  /// A key from 64 hexadecimal digits in lower case.
  ///
  /// - Returns: `nil` for any other text.
  public init?(hexadecimal text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(digits[place]), let low = Self.value(digits[place + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// 64 hexadecimal digits: for the key's own file, never for a terminal.
  public var hexadecimal: String { Diagnostics.Digest(bytes: bytes).hexadecimal }

  /// What a key may be called in public: SHA-256 over its bytes.
  ///
  /// A key has 256 bits, so nothing can be guessed from it.
  public var digest: Diagnostics.Digest { Diagnostics.Digest(bytes: SHA256.hash(data: bytes)) }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

extension SecretKey: Codable {
  /// Reads 64 hexadecimal digits.
  ///
  /// - Throws: `DecodingError`, which does not repeat what was found.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let key = SecretKey(hexadecimal: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a key has 64 hexadecimal digits in lower case")
    }
    self = key
  }

  /// Writes 64 hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}

extension SecretKey: CustomStringConvertible, CustomReflectable {
  /// The digest, since a key that is printed by mistake is lost.
  public var description: String { "a key with \(digest)" }
  /// Nothing to look into.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
