/// Writes tar archives for tests, broken ones too.
struct TarBuilder {
  private(set) var bytes: [UInt8] = []

  /// Adds a member: header, data, padding; `size` is the header's text where it shall be a lie.
  mutating func add(
    _ name: String, _ data: [UInt8] = [], kind: Character = "0", prefix: String = "",
    size: [UInt8]? = nil, magic: String = "ustar\0", version: String = "00"
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, _ offset: Int) {
      for (index, byte) in text.enumerated() { header[offset + index] = byte }
    }
    put(name.utf8, 0)
    put("0000644".utf8, 100)
    put(size ?? Self.octal(data.count, digits: 11), 124)
    put("00000000000".utf8, 136)
    put([kind.asciiValue ?? 0], 156)
    put(magic.utf8, 257)
    put(version.utf8, 263)
    put(prefix.utf8, 345)
    let sum = header.reduce(8 * 32) { $0 + Int($1) }
    put(Self.octal(sum, digits: 6) + [0, 32], 148)
    bytes += header + data
    bytes += [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  /// Adds the two blocks of zeros.
  mutating func finish() { bytes += [UInt8](repeating: 0, count: 1024) }

  /// A pax record with its own length in front.
  static func paxRecord(_ key: String, _ value: String) -> [UInt8] {
    let body = " \(key)=\(value)\n"
    var length = body.utf8.count + 1
    while "\(length)\(body)".utf8.count != length { length += 1 }
    return Array("\(length)\(body)".utf8)
  }

  static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.utf8.count)) + text).utf8)
  }

  /// An archive in a temporary folder.
  static func archive(
    in folder: TemporaryFolder, _ build: (inout TarBuilder) -> Void
  ) throws -> String {
    var builder = TarBuilder()
    build(&builder)
    return try folder.write(builder.bytes, to: "probes.tar")
  }
}
