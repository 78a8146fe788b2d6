import Crypto
import Foundation

/// The endless numbers that follow from a key for one purpose.
///
/// 1. The purpose is a list of labels. Its bytes are, for every label, the length of its UTF-8 in 4
///    bytes, little-endian, and the UTF-8.
/// 2. The stream's key is HKDF-SHA256 (RFC 5869) of the secret key, with the salt
///    `routemark.keystream/1` in ASCII, the purpose's bytes as info, and 32 bytes of output.
/// 3. Block b = 0, 1, ... is 65,536 bytes of the ChaCha20 keystream (RFC 8439) under the stream's key, with b
///    in 12 bytes, little-endian, as nonce and the counter beginning at 1, as ChaCha20-Poly1305 has it.
/// 4. Word i is the 8 bytes from byte 8 i of all blocks in a row, little-endian.
///
/// Streams of different purposes are unrelated, and any word can be had without those before it.
public struct KeyStream: Sendable {
  /// Bytes in a block.
  static let blockByteCount = 65_536
  /// Words in a block.
  static let blockWordCount = blockByteCount / 8
  static let salt = "routemark.keystream/1"

  private let key: SymmetricKey

  /// The stream of a key for a purpose.
  public init(_ key: SecretKey, purpose labels: [String]) {
    self.key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: key.bytes), salt: Data(Self.salt.utf8),
      info: Data(Self.bytes(of: labels)), outputByteCount: 32)
  }

  /// The bytes of a purpose.
  static func bytes(of labels: [String]) -> [UInt8] {
    labels.flatMap { label in
      let text = Array(label.utf8)
      return (0..<4).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }
  }

  /// Some words in a row.
  ///
  /// - Precondition: the range does not begin below 0.
  public func words(_ range: Range<Int>) -> [UInt64] {
    precondition(range.lowerBound >= 0, "words are counted from 0")
    var result: [UInt64] = []
    result.reserveCapacity(range.count)
    var place = range.lowerBound
    while place < range.upperBound {
      let block = place / Self.blockWordCount
      let first = block * Self.blockWordCount
      let end = min(range.upperBound, first + Self.blockWordCount)
      keystream(ofBlock: block).withUnsafeBytes { bytes in
        for word in place - first..<end - first {
          result.append(
            UInt64(
              littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)))
        }
      }
      place = end
    }
    return result
  }

  private func keystream(ofBlock block: Int) -> Data {
    let nonce = (0..<12).map { $0 < 8 ? UInt8(truncatingIfNeeded: block >> (8 * $0)) : 0 }
    // Enciphering zeros shows the keystream itself.
    guard let nonce = try? ChaChaPoly.Nonce(data: nonce),
      let sealed = try? ChaChaPoly.seal(
        Data(count: Self.blockByteCount), using: key, nonce: nonce)
    else { preconditionFailure("a nonce of 12 bytes and a block of 65,536 are always taken") }
    return sealed.ciphertext
  }
}

/// Draws numbers from a stream, one after another.
public struct KeyedGenerator: RandomNumberGenerator {
  private let stream: KeyStream
  private var buffer: [UInt64] = []
  private var place = 0
  private var nextWord = 0

  /// Begins at the stream's word 0.
  public init(_ stream: KeyStream) { self.stream = stream }

  /// The next word.
  public mutating func next() -> UInt64 {
    if place == buffer.count {
      buffer = stream.words(nextWord..<nextWord + KeyStream.blockWordCount)
      nextWord += buffer.count
      place = 0
    }
    defer { place += 1 }
    return buffer[place]
  }

  /// A number below `bound`, without bias.
  ///
  /// A word at or above the largest multiple of `bound` that is at most 2^64 - 1 is thrown away; of any other
  /// it is the remainder by `bound`.
  ///
  /// - Precondition: `bound` is positive.
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "a bound is positive")
    let width = UInt64(bound)
    let limit = UInt64.max - UInt64.max % width
    while true {
      let word = next()
      if word < limit { return Int(word % width) }
    }
  }
}
