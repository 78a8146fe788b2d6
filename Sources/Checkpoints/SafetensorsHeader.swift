import Documents

/// The header of one safetensors file, with every rule of the format checked.
///
/// A file is 8 bytes with the length of the header (little-endian), the header (a JSON object from
/// tensor names to element type, shape and byte range), and the data. The ranges must cover the
/// data from its first to its last byte without gap or overlap.
struct SafetensorsHeader: Sendable {
  /// Where a tensor is and how to read it.
  struct Entry: Sendable {
    let elementType: ElementType
    let shape: [Int]
    /// Bytes within the file (not within its data), from the first element to the end of the last.
    let range: Range<Int>
    /// For each dimension, how many elements lie between neighbours; `nil` in row-major order, which
    /// a safetensors file always has.
    var strides: [Int]? = nil

    /// The number of elements, which may be fewer than the bytes in ``range`` have room for.
    var elementCount: Int { shape.reduce(1, *) }
  }

  /// The longest header that is accepted, in bytes, as upstream.
  static let lengthLimit = 100_000_000
  /// The most dimensions a tensor may have.
  static let dimensionLimit = 32
  /// The key that holds metadata and so is no tensor.
  static let metadataKey = "__metadata__"

  private(set) var entries: [String: Entry] = [:]
  private(set) var metadata: [String: String] = [:]

  /// Where the header ends and the data starts, from the first 8 bytes.
  ///
  /// - Throws: ``CheckpointError/headerTooLong(file:limit:actual:)``,
  ///   ``CheckpointError/headerBeyondFile(file:expected:actual:)``.
  static func dataStart(
    lengthField: UInt64, file: String, fileLength: Int
  ) throws(CheckpointError) -> Int {
    guard lengthField <= UInt64(lengthLimit) else {
      throw .headerTooLong(file: file, limit: lengthLimit, actual: lengthField)
    }
    let length = Int(lengthField)
    guard length <= fileLength - 8 else {
      throw .headerBeyondFile(file: file, expected: length, actual: fileLength - 8)
    }
    return 8 + length
  }

  /// Reads the header of a whole file.
  init(file: String, bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count >= 8 else {
      throw CheckpointError.tooShort(file: file, expected: 8, actual: bytes.count)
    }
    let lengthField = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let dataStart = try Self.dataStart(
      lengthField: lengthField, file: file, fileLength: bytes.count)
    var reader = try JSONReader(
      UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]), file: file, fileOffset: 8)
    var listings: [Listing] = []
    try reader.readObject { key, reader in
      if key == Self.metadataKey {
        try reader.readObject { key, reader in
          metadata[key] = try reader.readString()
        }
      } else {
        listings.append(try Listing(name: key, file: file, reader: &reader))
      }
    }
    try reader.finish()
    entries = try Self.placing(
      listings, file: file, dataStart: dataStart, dataLength: bytes.count - dataStart)
  }

  /// Checks that the tensors cover the data exactly.
  private static func placing(
    _ listings: [Listing], file: String, dataStart: Int, dataLength: Int
  ) throws(CheckpointError) -> [String: Entry] {
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(listings.count)
    var end = 0
    for listing in listings.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard listing.end <= dataLength else {
        throw .dataBeyondFile(
          tensor: listing.name, file: file, expectedEnd: dataLength, actualEnd: listing.end)
      }
      guard listing.start == end else {
        throw .gapOrOverlap(
          tensor: listing.name, file: file, expectedStart: end, actualStart: listing.start)
      }
      end = listing.end
      entries[listing.name] = Entry(
        elementType: listing.elementType, shape: listing.shape,
        range: (dataStart + listing.start)..<(dataStart + listing.end))
    }
    guard end == dataLength else {
      throw .trailingBytes(file: file, expected: end, actual: dataLength)
    }
    return entries
  }
}

/// One tensor as the header lists it; offsets count from the start of the data.
private struct Listing {
  let name: String
  let elementType: ElementType
  let shape: [Int]
  let start: Int
  let end: Int

  /// Reads one value of the header and checks what can be checked without the other tensors.
  init(name: String, file: String, reader: inout JSONReader) throws {
    guard !name.isEmpty else { throw CheckpointError.emptyTensorName(file: file) }
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try reader.readObject { key, reader in
      switch key {
      case "dtype":
        let text = try reader.readString()
        guard let known = ElementType(rawValue: text) else {
          throw CheckpointError.unknownElementType(tensor: name, file: file, actual: text)
        }
        elementType = known
      case "shape": shape = try Self.shape(tensor: name, file: file, reader: &reader)
      case "data_offsets": offsets = try Self.offsets(file: file, reader: &reader)
      default: try reader.skipValue()  // As upstream; it cannot change what is read.
      }
    }
    guard let elementType else {
      throw DocumentError.missingKey(file: file, keyPath: "\(reader.keyPath).dtype")
    }
    guard let shape else {
      throw DocumentError.missingKey(file: file, keyPath: "\(reader.keyPath).shape")
    }
    guard let offsets else {
      throw DocumentError.missingKey(file: file, keyPath: "\(reader.keyPath).data_offsets")
    }
    (start, end) = (offsets[0], offsets[1])
    guard start <= end else {
      throw CheckpointError.reversedOffsets(tensor: name, file: file, start: start, end: end)
    }
    guard let length = byteCount(of: shape, elementType) else {
      throw CheckpointError.shapeOverflows(tensor: name, file: file, shape: shape)
    }
    guard length == end - start else {
      throw CheckpointError.lengthMismatch(
        tensor: name, file: file, expected: length, actual: end - start)
    }
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }

  private static func shape(
    tensor: String, file: String, reader: inout JSONReader
  ) throws -> [Int] {
    var shape: [Int] = []
    try reader.readArray { index, reader in
      guard index < SafetensorsHeader.dimensionLimit else {
        throw CheckpointError.tooManyDimensions(
          tensor: tensor, file: file, limit: SafetensorsHeader.dimensionLimit)
      }
      let dimension = try reader.readInteger()
      guard dimension >= 0 else {
        throw CheckpointError.negativeDimension(
          tensor: tensor, file: file, dimension: index, actual: dimension)
      }
      shape.append(dimension)
    }
    return shape
  }

  /// Two numbers, zero or more.
  private static func offsets(
    file: String, reader: inout JSONReader
  ) throws -> [Int] {
    var offsets: [Int] = []
    var count = 0
    try reader.readArray { _, reader in
      let offset = try reader.readInteger()
      guard offset >= 0 else {
        throw DocumentError.unexpectedValue(
          file: file, keyPath: reader.keyPath, expected: "zero or more", actual: "\(offset)")
      }
      count += 1
      if offsets.count < 2 { offsets.append(offset) }
    }
    guard count == 2 else {
      throw DocumentError.unexpectedValue(
        file: file, keyPath: reader.keyPath, expected: "2 numbers", actual: "\(count)")
    }
    return offsets
  }
}

/// The bytes that a tensor takes, or `nil` when they do not fit in an `Int`.
///
/// A zero anywhere makes the tensor empty, but a product that overflows before it is refused all
/// the same.
func byteCount(of shape: [Int], _ elementType: ElementType) -> Int? {
  var product = elementType.byteCount
  for dimension in shape {
    let (next, overflows) = product.multipliedReportingOverflow(by: dimension)
    if overflows { return nil }
    product = next
  }
  return product
}
