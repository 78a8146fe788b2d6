import Foundation

/// A table of numbers with three axes, written as nested arrays where it is small and as one base64 block
/// where it is large.
///
/// A block is `{"shape": [a, b, c], "type": "f64" or "f32", "base64": ..., "sha256": ...}`: the numbers in
/// row-major order, little-endian, with the digest of their bytes.
public struct PackedTable<Number: BinaryFloatingPoint & Codable & Sendable>: Codable, Sendable {
  /// The numbers, `[a, b, c]`.
  public let rows: [[[Number]]]

  /// A table of these numbers, all rows of one shape.
  public init(_ rows: [[[Number]]]) { self.rows = rows }

  private enum CodingKeys: String, CodingKey {
    case shape, type, base64, sha256
  }

  private static var typeName: String { MemoryLayout<Number>.size == 8 ? "f64" : "f32" }

  /// Reads nested arrays or a block.
  ///
  /// - Throws: `DecodingError`, also when shape, length and digest do not fit each other.
  public init(from decoder: any Decoder) throws {
    guard let container = try? decoder.container(keyedBy: CodingKeys.self) else {
      rows = try decoder.singleValueContainer().decode([[[Number]]].self)
      return
    }
    func refuse(_ key: CodingKeys, _ text: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: text)
    }
    let shape = try container.decode([Int].self, forKey: .shape)
    let type = try container.decode(String.self, forKey: .type)
    guard type == Self.typeName else { throw refuse(.type, "expected `\(Self.typeName)`") }
    guard let bytes = Data(base64Encoded: try container.decode(String.self, forKey: .base64)) else {
      throw refuse(.base64, "the text is not base64")
    }
    var count = MemoryLayout<Number>.size
    for dimension in shape {
      let product = count.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !product.overflow else { throw refuse(.shape, "a size is not possible") }
      count = product.partialValue
    }
    guard shape.count == 3, count == bytes.count else {
      throw refuse(.shape, "the shape \(shape) does not fit \(bytes.count) bytes")
    }
    guard
      "\(SHA256Builder.digest(of: bytes))" == (try container.decode(String.self, forKey: .sha256))
    else { throw refuse(.sha256, "the block has another digest") }
    rows = bytes.withUnsafeBytes { raw in
      (0..<shape[0]).map { first in
        (0..<shape[1]).map { second in
          [Number](unsafeUninitializedCapacity: shape[2]) { buffer, written in
            let start = (first * shape[1] + second) * shape[2]
            for third in 0..<shape[2] {
              (buffer.baseAddress.map { $0 + third })?.initialize(
                to: Self.load(raw, at: start + third))
            }
            written = shape[2]
          }
        }
      }
    }
  }

  private static func load(_ raw: UnsafeRawBufferPointer, at index: Int) -> Number {
    if MemoryLayout<Number>.size == 8 {
      let bits = raw.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
      return Number(Double(bitPattern: UInt64(littleEndian: bits)))
    }
    let bits = raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
    return Number(Float(bitPattern: UInt32(littleEndian: bits)))
  }

  /// Writes nested arrays up to ``PackedLimit/count`` numbers, and always in version 1; else a block.
  public func encode(to encoder: any Encoder) throws {
    let shape = [rows.count, rows.first?.count ?? 0, rows.first?.first?.count ?? 0]
    guard EvidenceVersion(encoder) >= .two,
      shape[0] * shape[1] * shape[2] > PackedLimit.count
    else {
      var container = encoder.singleValueContainer()
      try container.encode(rows)
      return
    }
    var bytes = Data(capacity: shape[0] * shape[1] * shape[2] * MemoryLayout<Number>.size)
    for row in rows.joined() {
      for number in row {
        if MemoryLayout<Number>.size == 8 {
          withUnsafeBytes(of: Double(number).bitPattern.littleEndian) {
            bytes.append(contentsOf: $0)
          }
        } else {
          withUnsafeBytes(of: Float(number).bitPattern.littleEndian) {
            bytes.append(contentsOf: $0)
          }
        }
      }
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(shape, forKey: .shape)
    try container.encode(Self.typeName, forKey: .type)
    try container.encode(bytes.base64EncodedString(), forKey: .base64)
    try container.encode("\(SHA256Builder.digest(of: bytes))", forKey: .sha256)
  }
}

/// When a table is written as a block.
public enum PackedLimit {
  /// The most numbers that are written as nested arrays.
  public static let count = 4096
}
