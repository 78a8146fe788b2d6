import Diagnostics
import Files

/// The plain files of a tar archive, in its order.
///
/// The archive is mapped, nothing is extracted.
/// Long names and sizes come from GNU `L` members and from pax headers (`path`, `size`). Folders,
/// links and devices are skipped. Names that an extracting program would put elsewhere are refused,
/// although nothing is extracted here: such an archive was made to do harm.
///
/// An archive must end with a block of zeros: one that was cut between two members would otherwise
/// pass as a smaller set of probes.
struct TarArchive {
  struct Member {
    let name: String
    let range: Range<Int>
  }

  let members: [Member]
  /// The names of links, whose data is another member's.
  let links: [String]

  /// Longest name, and longest pax header, in bytes.
  private static let longestMetadata = 1 << 20

  /// Reads all headers of the archive.
  init(_ file: MappedFile) throws(ImageError) {
    var reader = Reader(file: file)
    var members: [Member] = []
    var seen: Set<String> = []
    while let member = try reader.next() {
      guard seen.insert(member.name).inserted else {
        throw .duplicateMember(archive: file.path, first: member.name, second: member.name)
      }
      members.append(member)
    }
    self.members = members
    links = reader.links
  }

  /// Walks from header to header.
  private struct Reader {
    let file: MappedFile
    var offset = 0
    var links: [String] = []

    /// What earlier headers say about the next member.
    struct Pending {
      var name: [UInt8]?
      var size: Int?
    }

    mutating func next() throws(ImageError) -> Member? {
      var pending = Pending()
      while true {
        let start = offset
        guard let header = try header() else { return nil }
        switch header.kind {
        case UInt8(ascii: "L"):
          let bytes = try metadata(header.size, at: start)
          pending.name = Array(bytes.prefix { $0 != 0 })
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
          try readPax(metadata(header.size, at: start), at: start, into: &pending)
        case UInt8(ascii: "g"), UInt8(ascii: "K"):
          _ = try metadata(header.size, at: start)
        case UInt8(ascii: "0"), UInt8(ascii: "7"), 0:
          let name = try safeName(pending.name ?? header.name, at: start)
          let range = try data(pending.size ?? header.size)
          // Before POSIX a folder was a file with a slash at the end of its name.
          if let name { return Member(name: name, range: range) }
          pending = Pending()
        case UInt8(ascii: "1")...UInt8(ascii: "6"):
          // Links, devices, folders and pipes have no data, whatever their size says.
          let name = try safeName(pending.name ?? header.name, at: start)
          if let name, header.kind <= UInt8(ascii: "2") { links.append(name) }
          pending = Pending()
        default:
          throw .unsupportedMember(
            archive: file.path, offset: start,
            kind: "a member of type `\(PrintableText.of([header.kind]))`")
        }
      }
    }

    /// The next header, or nothing at the block of zeros that ends an archive.
    private mutating func header() throws(ImageError) -> TarHeader? {
      let start = offset
      guard file.count - start >= TarHeader.blockSize else {
        throw .truncatedArchive(
          archive: file.path, offset: start, expected: TarHeader.blockSize,
          actual: file.count - start)
      }
      offset += TarHeader.blockSize
      let path = file.path
      return try file.withBytes(start..<offset) { block throws(ImageError) -> TarHeader? in
        if TarHeader.isEnd(block) { return nil }
        return try TarHeader(block, archive: path, offset: start)
      }
    }

    /// The range of a member's data; moves behind its padding.
    private mutating func data(_ size: Int) throws(ImageError) -> Range<Int> {
      guard size <= file.count - offset else {
        throw .truncatedArchive(
          archive: file.path, offset: offset, expected: size, actual: file.count - offset)
      }
      let range = offset..<offset + size
      let padding = (TarHeader.blockSize - size % TarHeader.blockSize) % TarHeader.blockSize
      guard padding <= file.count - range.upperBound else {
        throw .truncatedArchive(
          archive: file.path, offset: offset, expected: size + padding,
          actual: file.count - offset)
      }
      offset = range.upperBound + padding
      return range
    }

    private mutating func metadata(_ size: Int, at start: Int) throws(ImageError) -> [UInt8] {
      guard size <= longestMetadata else {
        throw .malformedHeader(
          archive: file.path, offset: start, field: "size",
          expected: "at most \(longestMetadata) bytes of names", actual: "\(size)")
      }
      return file.withBytes(try data(size)) { Array($0) }
    }

    /// Records are `length key=value\n`, where the length counts the whole record.
    private func readPax(
      _ bytes: [UInt8], at start: Int, into pending: inout Pending
    ) throws(ImageError) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let record: (key: String, value: ArraySlice<UInt8>)
        guard let found = Self.paxRecord(&rest) else {
          throw .malformedHeader(
            archive: file.path, offset: start, field: "pax record",
            expected: "`length key=value` and a line feed", actual: PrintableText.of(rest))
        }
        record = found
        switch record.key {
        case "path": pending.name = Array(record.value)
        case "size":
          guard let size = Int(String(decoding: record.value, as: UTF8.self)), size >= 0 else {
            throw .malformedHeader(
              archive: file.path, offset: start, field: "pax size", expected: "0 or more",
              actual: PrintableText.of(record.value))
          }
          pending.size = size
        case let key where key.hasPrefix("GNU.sparse."):
          throw .unsupportedMember(archive: file.path, offset: start, kind: "a sparse file")
        default: break
        }
      }
    }

    private static func paxRecord(
      _ rest: inout ArraySlice<UInt8>
    ) -> (key: String, value: ArraySlice<UInt8>)? {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
        length > digits.count + 3, rest[digits.endIndex] == UInt8(ascii: " ")
      else { return nil }
      let record = rest.prefix(length)
      let body = record.dropFirst(digits.count + 1).dropLast()
      guard record.last == UInt8(ascii: "\n"), let equals = body.firstIndex(of: UInt8(ascii: "="))
      else { return nil }
      rest = rest.dropFirst(length)
      return (String(decoding: body[..<equals], as: UTF8.self), body[(equals + 1)...])
    }

    /// The name without `./`, or nothing for a folder.
    private func safeName(_ bytes: [UInt8], at start: Int) throws(ImageError) -> String? {
      let isPrintable = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      let parts = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard isPrintable, !bytes.isEmpty, bytes.first != UInt8(ascii: "/"),
        !parts.contains(where: { $0.elementsEqual("..".utf8) }),
        let name = String(validating: bytes, as: UTF8.self), StreamSafeText.isSafe(name)
      else {
        throw .unsafeName(archive: file.path, offset: start, name: PrintableText.of(bytes))
      }
      if name.hasSuffix("/") { return nil }
      let plain = name.split(separator: "/").filter { $0 != "." }
      return plain.isEmpty ? nil : plain.joined(separator: "/")
    }
  }
}
