import Crypto
import Diagnostics
import Foundation

/// A hash that binds its maker to a value and tells nobody the value.
///
/// Equation: SHA-256 of `routemark.commitment/1`, a zero byte, the value's name, a zero byte, the salt's 32 bytes and
/// the value's bytes. The salt has 256 bits from the system, so a seed of 64 bits cannot be found by trying.
public enum SaltedHash {
  /// The hash of a value.
  ///
  /// - Precondition: the name has no zero byte.
  public static func of(_ value: some Sequence<UInt8>, name: String, salt: SecretKey)
    -> Diagnostics.Digest
  {
    precondition(!name.utf8.contains(0), "a zero byte ends the name")
    var hash = SHA256()
    hash.update(data: Data("routemark.commitment/1".utf8) + [0] + Data(name.utf8) + [0])
    hash.update(data: salt.bytes)
    hash.update(data: Data(value))
    return Diagnostics.Digest(bytes: hash.finalize())
  }
}

/// The seeds of re-runs that an examiner draws, which neither he nor the owner can choose alone.
///
/// Equation: seed i = 1, 2, ... is the 8 bytes, little-endian, of HKDF-SHA256 (RFC 5869) with the 32 bytes of the
/// commitment's digest as key, the nonce's UTF-8 as salt and `routemark.examiner-seeds/1`, a zero byte and i in
/// decimal digits as info; its highest bit is cleared, since records hold seeds as signed numbers.
public enum ExaminerSeeds {
  /// How many seeds are given at most.
  public static let mostSeeds = 100_000

  /// The seeds 1 to `count`.
  public static func seeds(commitment: Diagnostics.Digest, nonce: String, count: Int) -> [UInt64] {
    let digits = Array(commitment.hexadecimal)
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
    return (0..<count).map { index in
      let info = Data("routemark.examiner-seeds/1".utf8) + [0] + Data("\(index + 1)".utf8)
      let key = HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: bytes), salt: Data(nonce.utf8), info: info,
        outputByteCount: 8)
      return key.withUnsafeBytes { bytes in
        UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) & UInt64(Int64.max)
      }
    }
  }
}
