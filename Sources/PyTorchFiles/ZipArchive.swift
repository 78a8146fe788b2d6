/// The directory of a zip archive whose entries are stored as they are, as `torch.save` writes it.
///
/// Both places that describe an entry must agree: the central directory at the end and the header
/// before the entry's data. Entries must not overlap; compression, encryption, archives of several
/// disks and names that walk out of the archive are refused. Checksums are not compared, because
/// PyTorch can leave them out; a checkpoint is known by its SHA-256.
struct ZipArchive {
  /// The bytes of each entry within the file, by name; directories are left out.
  let entries: [String: Range<Int>]

  private struct Entry {
    let name: String
    let header: Int
    let data: Range<Int>
  }

  /// Whether the bytes start as a zip archive does; a safetensors file never does, because there the
  /// ninth byte opens a JSON object.
  static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 8 && bytes[0] == 0x50 && bytes[1] == 0x4B && bytes[2] == 3 && bytes[3] == 4
      && bytes[8] != UInt8(ascii: "{")
  }

  /// Reads the directory of a whole file.
  ///
  /// - Throws: ``PyTorchFileError/malformedArchive(file:expected:actual:)``,
  ///   ``PyTorchFileError/unsupportedEntry(file:entry:reason:)``.
  init(file: String, bytes: UnsafeRawBufferPointer) throws(PyTorchFileError) {
    let fields = LittleEndianFields(file: file, bytes: bytes)
    let directory = try Self.directory(fields)
    var found: [Entry] = []
    var count = 0
    var place = directory.range.lowerBound
    while place < directory.range.upperBound {
      let entry = try Self.entry(fields, at: &place, in: directory.range)
      if let entry { found.append(entry) }
      count += 1
    }
    guard count == directory.count else {
      throw .malformedArchive(
        file: file, expected: "\(directory.count) entries", actual: "\(count)")
    }
    var entries: [String: Range<Int>] = [:]
    entries.reserveCapacity(found.count)
    var end = 0
    for entry in found.sorted(by: { $0.header < $1.header }) {
      guard entry.header >= end else {
        throw .unsupportedEntry(file: file, entry: entry.name, reason: "inside another entry")
      }
      end = entry.data.upperBound
      guard entries.updateValue(entry.data, forKey: entry.name) == nil else {
        throw .unsupportedEntry(file: file, entry: entry.name, reason: "there twice")
      }
    }
    self.entries = entries
  }

  // MARK: The end of the archive

  /// Finds the central directory from the records at the end of the file.
  private static func directory(
    _ fields: LittleEndianFields
  ) throws(PyTorchFileError) -> (range: Range<Int>, count: Int) {
    let bytes = fields.bytes
    var end = bytes.count - 22
    let lowest = max(0, end - 0xFFFF)
    while end >= lowest {
      if try fields.word(end) == 0x0605_4B50,
        end + 22 + Int(try fields.half(end + 20)) == bytes.count
      {
        break
      }
      end -= 1
    }
    guard end >= lowest else {
      throw fields.malformed("the record that ends a zip archive", "none")
    }
    var count = Int(try fields.half(end + 10))
    var size = Int(try fields.word(end + 12))
    var start = Int(try fields.word(end + 16))
    var limit = end
    let isLarge = count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF
    if end >= 20, try fields.word(end - 20) == 0x0706_4B50 {
      let record = try fields.long(end - 12)
      guard record <= end - 20 - 56, try fields.word(record) == 0x0606_4B50 else {
        throw fields.malformed("a zip64 record before its locator", "none")
      }
      count = try fields.long(record + 32)
      size = try fields.long(record + 40)
      start = try fields.long(record + 48)
      limit = record
    } else if isLarge {
      throw fields.malformed("a zip64 record, which the archive announces", "none")
    }
    guard start <= limit, size <= limit - start, count <= size / 46 else {
      throw fields.malformed(
        "a directory of \(count) entries before byte \(limit)", "\(size) bytes from byte \(start)")
    }
    return (start..<(start + size), count)
  }

  // MARK: Entries

  /// Reads the entry at `place` and moves on; `nil` for a directory.
  private static func entry(
    _ fields: LittleEndianFields, at place: inout Int, in directory: Range<Int>
  ) throws(PyTorchFileError) -> Entry? {
    guard directory.upperBound - place >= 46, try fields.word(place) == 0x0201_4B50 else {
      throw fields.malformed("an entry of the directory at byte \(place)", "something else")
    }
    let (flags, method) = (try fields.half(place + 8), try fields.half(place + 10))
    let nameLength = Int(try fields.half(place + 28))
    let extraLength = Int(try fields.half(place + 30))
    let next = place + 46 + nameLength + extraLength + Int(try fields.half(place + 32))
    guard next <= directory.upperBound else {
      throw fields.malformed("a directory entry within the directory", "one that leaves it")
    }
    let nameBytes = UnsafeRawBufferPointer(
      rebasing: fields.bytes[(place + 46)..<(place + 46 + nameLength)])
    let name = try checkedName(nameBytes, fields)
    guard flags & 0x2041 == 0 else {
      throw .unsupportedEntry(file: fields.file, entry: name, reason: "encrypted")
    }
    if method != 0, name.contains("/code/") {
      throw .unsupportedKind(file: fields.file, kind: PyTorchFile.script)
    }
    guard method == 0 else {
      throw .unsupportedEntry(file: fields.file, entry: name, reason: "compressed")
    }
    var sizes = Sizes(
      compressed: Int(try fields.word(place + 20)), whole: Int(try fields.word(place + 24)),
      header: Int(try fields.word(place + 42)))
    try sizes.widen(
      fields, extra: (place + 46 + nameLength)..<(place + 46 + nameLength + extraLength))
    guard sizes.compressed == sizes.whole else {
      throw fields.malformed(
        "a stored entry of one size", "two: \(sizes.compressed), \(sizes.whole)")
    }
    place = next
    let data = try data(
      fields, name: nameBytes, sizes, hasDescriptor: flags & 8 != 0, before: directory.lowerBound)
    if name.hasSuffix("/"), data.isEmpty { return nil }
    return Entry(name: name, header: sizes.header, data: data)
  }

  private static func checkedName(
    _ bytes: UnsafeRawBufferPointer, _ fields: LittleEndianFields
  ) throws(PyTorchFileError) -> String {
    guard !bytes.isEmpty, let name = String(validating: bytes, as: UTF8.self) else {
      throw fields.malformed("a name in UTF-8", "other bytes")
    }
    let walks =
      name.hasPrefix("/")
      || name.split(separator: "/", omittingEmptySubsequences: false).contains("..")
      || name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\\") }
    guard !walks else {
      throw .unsupportedEntry(
        file: fields.file, entry: name, reason: "named so that it leaves the archive")
    }
    return name
  }

  /// The data behind an entry's own header, which must say what the directory says.
  private static func data(
    _ fields: LittleEndianFields, name: UnsafeRawBufferPointer, _ sizes: Sizes,
    hasDescriptor: Bool, before limit: Int
  ) throws(PyTorchFileError) -> Range<Int> {
    let header = sizes.header
    guard header <= limit - 30, try fields.word(header) == 0x0403_4B50 else {
      throw fields.malformed("an entry's header at byte \(header)", "something else")
    }
    let nameLength = Int(try fields.half(header + 26))
    let start = header + 30 + nameLength + Int(try fields.half(header + 28))
    guard start <= limit, sizes.whole <= limit - start else {
      throw fields.malformed(
        "data that ends before byte \(limit)", "\(sizes.whole) bytes from byte \(start)")
    }
    let ownName = fields.bytes[(header + 30)..<(header + 30 + nameLength)]
    guard ownName.elementsEqual(name), try fields.half(header + 8) == 0 else {
      throw fields.malformed("one name and method for an entry", "two")
    }
    for place in [header + 18, header + 22] {
      let size = Int(try fields.word(place))
      guard size == sizes.whole || size == 0xFFFF_FFFF || (hasDescriptor && size == 0) else {
        throw fields.malformed("an entry of \(sizes.whole) bytes", "\(size) in its own header")
      }
    }
    return start..<(start + sizes.whole)
  }

  private struct Sizes {
    var compressed: Int
    var whole: Int
    var header: Int

    /// Takes the numbers that do not fit in 32 bits from the zip64 field among the extra fields.
    mutating func widen(
      _ fields: LittleEndianFields, extra: Range<Int>
    ) throws(PyTorchFileError) {
      let wanted = 0xFFFF_FFFF
      guard whole == wanted || compressed == wanted || header == wanted else { return }
      var place = extra.lowerBound
      while place + 4 <= extra.upperBound {
        let end = place + 4 + Int(try fields.half(place + 2))
        guard end <= extra.upperBound else { break }
        guard try fields.half(place) == 1 else {
          place = end
          continue
        }
        var value = place + 4
        func next(_ old: Int) throws(PyTorchFileError) -> Int {
          guard old == wanted else { return old }
          guard value + 8 <= end else { throw fields.malformed("a zip64 field", "a cut one") }
          defer { value += 8 }
          return try fields.long(value)
        }
        whole = try next(whole)
        compressed = try next(compressed)
        header = try next(header)
        return
      }
      throw fields.malformed("a zip64 field, which an entry announces", "none")
    }
  }
}

/// Numbers of a zip archive, each checked against the end of the file.
private struct LittleEndianFields {
  let file: String
  let bytes: UnsafeRawBufferPointer

  func malformed(_ expected: String, _ actual: String) -> PyTorchFileError {
    .malformedArchive(file: file, expected: expected, actual: actual)
  }

  private func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ place: Int, _ type: Number.Type
  ) throws(PyTorchFileError) -> Number {
    guard place >= 0, place <= bytes.count - MemoryLayout<Number>.size else {
      throw malformed("a longer file", "\(bytes.count) bytes")
    }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
  }

  func half(_ place: Int) throws(PyTorchFileError) -> UInt16 { try load(place, UInt16.self) }

  func word(_ place: Int) throws(PyTorchFileError) -> UInt32 { try load(place, UInt32.self) }

  /// A number of 64 bits that may be used in sums: it is at most the file's length.
  func long(_ place: Int) throws(PyTorchFileError) -> Int {
    let value = try load(place, UInt64.self)
    guard value <= UInt64(bytes.count) else {
      throw malformed("a number within the file's \(bytes.count) bytes", "\(value)")
    }
    return Int(value)
  }
}
