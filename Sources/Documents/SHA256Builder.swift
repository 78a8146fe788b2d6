import Crypto
import Diagnostics
import Foundation

/// Computes a SHA-256 digest piece by piece.
///
///     var builder = SHA256Builder()
///     builder.update(Array("abc".utf8))
///     builder.finish().abbreviated  // "ba7816bf8f01"
public struct SHA256Builder: Sendable {
  private var hash = SHA256()

  /// Starts with no bytes.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// Adds bytes.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    ContiguousArray(bytes).withUnsafeBytes { hash.update(bufferPointer: $0) }
  }

  /// The digest of all bytes so far; more may be added afterwards.
  public func finish() -> Diagnostics.Digest { Diagnostics.Digest(bytes: hash.finalize()) }

  /// The digest of bytes that lie together.
  static func digest(of bytes: some ContiguousBytes) -> Diagnostics.Digest {
    var builder = SHA256Builder()
    bytes.withUnsafeBytes { builder.update($0) }
    return builder.finish()
  }
}

extension Diagnostics.Digest {
  /// The SHA-256 of bytes in memory.
  public static func sha256(of bytes: some Sequence<UInt8>) -> Diagnostics.Digest {
    var builder = SHA256Builder()
    builder.update(bytes)
    return builder.finish()
  }
}
