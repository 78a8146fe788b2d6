/// The header of a GGUF file: metadata, and where its tensors are.
///
/// A file is the four letters `GGUF`, a version, two counts, that many metadata values, that many
/// descriptions of tensors, and the data. Every rule is checked, nothing is allocated that the file has
/// no bytes for, and data stays where it is.
/// Source: `docs/gguf.md` of ggml.
public struct GGUFFile: Sendable {
  /// A tensor of the file.
  public struct Tensor: Sendable, Hashable {
    /// Its type.
    public let type: GGUFTensorType
    /// Its dimensions, outermost first, so the reverse of what the file calls `ne`.
    public let shape: [Int]
    /// Its bytes in the file.
    public let range: Range<Int>
  }

  /// A metadata value.
  public enum Value: Sendable, Hashable {
    /// A whole number.
    case integer(Int64)
    /// A whole number beyond `Int64`.
    case large(UInt64)
    /// A number.
    case number(Double)
    /// True or false.
    case boolean(Bool)
    /// A text.
    case text(String)
    /// An array, which is read on request.
    case array(elementType: UInt32, count: Int, range: Range<Int>)
  }

  /// Metadata by key.
  public let metadata: [String: Value]
  /// Tensors by name.
  public let tensors: [String: Tensor]

  /// The most dimensions a tensor may have.
  static let dimensionLimit: UInt32 = 8
  static let nestingLimit = 4

  /// Whether bytes begin as a GGUF file does.
  public static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= 4 && bytes.prefix(4).elementsEqual("GGUF".utf8)
  }

  /// Reads the header of a whole file.
  ///
  /// - Throws: ``GGUFError``.
  public init(file: String, bytes: UnsafeRawBufferPointer) throws(GGUFError) {
    var cursor = GGUFCursor(file: file, bytes: bytes, offset: 4)
    guard Self.recognizes(bytes) else {
      throw .endsEarly(file: file, offset: 0, needed: 4)
    }
    let version = try cursor.number(UInt32.self)
    guard version == 2 || version == 3 else {
      throw .unsupportedVersion(file: file, actual: version)
    }
    let tensorCount = try cursor.number(UInt64.self)
    let valueCount = try cursor.number(UInt64.self)
    // A value takes 13 bytes at least, a description of a tensor 24.
    try cursor.require(valueCount, of: 13, "metadata values")
    try cursor.require(tensorCount, of: 24, "tensors")
    var metadata: [String: Value] = [:]
    for _ in 0..<valueCount {
      let key = try cursor.text()
      let type = try cursor.number(UInt32.self)
      let value = try cursor.value(type, key: key, depth: 0)
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw .duplicateName(file: file, name: key)
      }
    }
    self.metadata = metadata
    var listings: [(name: String, type: GGUFTensorType, shape: [Int], offset: UInt64)] = []
    for _ in 0..<tensorCount { listings.append(try cursor.listing()) }
    let alignment = try Self.alignment(metadata["general.alignment"], file: file)
    let dataStart = (cursor.offset + alignment - 1) / alignment * alignment
    tensors = try Self.placing(listings, file: file, dataStart: dataStart, fileLength: bytes.count)
  }

  private static func alignment(_ value: Value?, file: String) throws(GGUFError) -> Int {
    switch value {
    case nil: return 32
    case .integer(let value) where value > 0 && value <= 1 << 20 && value & (value - 1) == 0:
      return Int(value)
    case .integer(let value): throw .badAlignment(file: file, actual: "\(value)")
    default: throw .badAlignment(file: file, actual: "not a whole number")
    }
  }

  private static func placing(
    _ listings: [(name: String, type: GGUFTensorType, shape: [Int], offset: UInt64)],
    file: String, dataStart: Int, fileLength: Int
  ) throws(GGUFError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    var end = 0
    var previous = ""
    for listing in listings.sorted(by: { ($0.offset, $0.name) < ($1.offset, $1.name) }) {
      // The element count was checked to fit, so these are sums of two 63-bit numbers at most.
      let length =
        listing.shape.reduce(1, *) / listing.type.blockLength
        * listing.type.blockByteCount
      let (stop, overflow) = listing.offset.addingReportingOverflow(UInt64(length))
      guard !overflow, fileLength >= dataStart, stop <= UInt64(fileLength - dataStart) else {
        throw .dataBeyondFile(
          tensor: listing.name, file: file, expectedEnd: stop &+ UInt64(dataStart),
          actualEnd: fileLength)
      }
      let start = dataStart + Int(listing.offset)
      guard start >= end || length == 0 else {
        throw .overlap(first: previous, second: listing.name, file: file)
      }
      let tensor = Tensor(type: listing.type, shape: listing.shape, range: start..<start + length)
      guard tensors.updateValue(tensor, forKey: listing.name) == nil else {
        throw .duplicateName(file: file, name: listing.name)
      }
      (end, previous) = (max(end, start + length), listing.name)
    }
    return tensors
  }

  /// The texts of an array, such as a vocabulary; `nil` when the value is something else.
  ///
  /// - Parameter bytes: the bytes that the header was read from.
  /// - Throws: ``GGUFError``.
  public func texts(
    _ key: String, file: String, bytes: UnsafeRawBufferPointer
  ) throws(GGUFError) -> [String]? {
    guard case .array(8, let count, let range) = metadata[key] else { return nil }
    var cursor = GGUFCursor(file: file, bytes: bytes, offset: range.lowerBound)
    var texts: [String] = []
    for _ in 0..<count { texts.append(try cursor.text()) }
    return texts
  }

  /// A whole number of the metadata.
  public func integer(_ key: String) -> Int? {
    if case .integer(let value) = metadata[key] { return Int(exactly: value) }
    return nil
  }

  /// A text of the metadata.
  public func text(_ key: String) -> String? {
    if case .text(let value) = metadata[key] { return value }
    return nil
  }
}

/// Reads numbers and texts one after the other.
struct GGUFCursor {
  let file: String
  let bytes: UnsafeRawBufferPointer
  var offset: Int

  private var left: Int { bytes.count - offset }

  /// Refuses a count of things that take `size` bytes each at least.
  func require(_ count: UInt64, of size: Int, _ what: String) throws(GGUFError) {
    guard left >= 0, count <= UInt64(left / size) else {
      throw .countBeyondFile(file: file, what: what, actual: count)
    }
  }

  private mutating func take(_ count: UInt64) throws(GGUFError) -> Range<Int> {
    guard left >= 0, count <= UInt64(left) else {
      throw .endsEarly(file: file, offset: offset, needed: count)
    }
    defer { offset += Int(count) }
    return offset..<offset + Int(count)
  }

  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type
  ) throws(GGUFError) -> Number {
    let range = try take(UInt64(MemoryLayout<Number>.size))
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: type))
  }

  mutating func text() throws(GGUFError) -> String {
    let range = try take(try number(UInt64.self))
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw .notText(file: file, offset: range.lowerBound)
    }
    return text
  }

  mutating func value(
    _ type: UInt32, key: String, depth: Int
  ) throws(GGUFError) -> GGUFFile.Value {
    switch type {
    case 0: return .integer(Int64(try number(UInt8.self)))
    case 1: return .integer(Int64(try number(Int8.self)))
    case 2: return .integer(Int64(try number(UInt16.self)))
    case 3: return .integer(Int64(try number(Int16.self)))
    case 4: return .integer(Int64(try number(UInt32.self)))
    case 5: return .integer(Int64(try number(Int32.self)))
    case 6: return .number(Double(Float(bitPattern: try number(UInt32.self))))
    case 7: return .boolean(try number(UInt8.self) != 0)
    case 8: return .text(try text())
    case 9: return try array(key: key, depth: depth + 1)
    case 10:
      let value = try number(UInt64.self)
      return Int64(exactly: value).map { .integer($0) } ?? .large(value)
    case 11: return .integer(try number(Int64.self))
    case 12: return .number(Double(bitPattern: try number(UInt64.self)))
    default: throw .unknownValueType(file: file, key: key, actual: type)
    }
  }

  private mutating func array(key: String, depth: Int) throws(GGUFError) -> GGUFFile.Value {
    guard depth <= GGUFFile.nestingLimit else {
      throw .nestedTooDeep(file: file, key: key, limit: GGUFFile.nestingLimit)
    }
    let type = try number(UInt32.self)
    let count = try number(UInt64.self)
    let start: Int
    switch type {
    case 0...7, 10...12:
      let sizes: [UInt32: Int] = [0: 1, 1: 1, 2: 2, 3: 2, 7: 1, 10: 8, 11: 8, 12: 8]
      let size = sizes[type] ?? 4
      try require(count, of: size, "array elements")
      start = offset
      _ = try take(count * UInt64(size))
    case 8, 9:
      try require(count, of: 8, "array elements")
      start = offset
      for _ in 0..<count { _ = try value(type, key: key, depth: depth) }
    default: throw .unknownValueType(file: file, key: key, actual: type)
    }
    return .array(elementType: type, count: Int(count), range: start..<offset)
  }

  mutating func listing() throws(GGUFError) -> (
    name: String, type: GGUFTensorType, shape: [Int], offset: UInt64
  ) {
    let name = try text()
    let dimensions = try number(UInt32.self)
    guard dimensions <= GGUFFile.dimensionLimit else {
      throw .tooManyDimensions(
        tensor: name, file: file, limit: Int(GGUFFile.dimensionLimit), actual: dimensions)
    }
    var extents: [UInt64] = []
    for _ in 0..<dimensions { extents.append(try number(UInt64.self)) }
    let code = try number(UInt32.self)
    let offset = try number(UInt64.self)
    guard let type = GGUFTensorType(rawValue: code) else {
      throw .unsupportedType(tensor: name, file: file, actual: code)
    }
    // Bytes are counted with room for eight of them an element.
    var product: UInt64 = 8
    for extent in extents {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, next < UInt64(Int.max) else {
        throw .badShape(tensor: name, file: file, shape: extents)
      }
      product = next
    }
    guard (extents.first ?? 1) % UInt64(type.blockLength) == 0, extents.allSatisfy({ $0 < 1 << 60 })
    else { throw .badShape(tensor: name, file: file, shape: extents) }
    return (name, type, extents.reversed().map(Int.init), offset)
  }
}
