import Checkpoints
import Diagnostics
import Documents

/// A checksum of panels that finds damage at the speed of memory.
///
/// Fletcher's: eight lanes of 64-bit words, each with its sum s and the sum r of its partial sums,
/// modulo 2^64, so that a changed word changes s and words that changed places change r. It keeps no
/// one from making other panels of the same checksum.
struct PanelChecksum: Sendable, Equatable {
  /// The SHA-256 of the sums, to have one short name for sixteen of them.
  let hexadecimal: String

  /// A cache line, in bytes.
  static let alignment = 64

  /// - Precondition: the memory is aligned to 64 bytes and made of whole cache lines, as panels are.
  init(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count.isMultiple(of: Self.alignment), "a panel is whole cache lines")
    var sum = SIMD8<UInt64>.zero
    var partialSums = SIMD8<UInt64>.zero
    for offset in stride(from: 0, to: bytes.count, by: Self.alignment) {
      sum &+= bytes.load(fromByteOffset: offset, as: SIMD8<UInt64>.self)
      partialSums &+= sum
    }
    var digest = SHA256Builder()
    for lanes in [sum, partialSums] {
      for lane in lanes.indices {
        withUnsafeBytes(of: lanes[lane].littleEndian) { digest.update($0) }
      }
    }
    hexadecimal = digest.finish().hexadecimal
  }
}
