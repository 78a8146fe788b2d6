import Files

/// Writes images and labels as a WebDataset tar archive; it appears under its name when it is whole.
///
/// A sample is two members, `000012.png` and `000012.cls`, the label in ASCII. Headers are POSIX ustar
/// without times and owners, so equal images give equal archives.
public final class WebDatasetWriter {
  private let output: OutputFile
  private var count = 0

  /// Opens an archive.
  ///
  /// - Throws: `FileError`.
  public init(path: String, replacing: Bool = false) throws(FileError) {
    output = try OutputFile(path: path, replacing: replacing)
  }

  /// Appends a sample.
  ///
  /// - Precondition: the label is not negative.
  /// - Throws: `FileError`, ``ImageError/outOfMemory(sample:)``.
  public func add(_ image: RGBImage, label: Int) throws {
    precondition(label >= 0, "a label is an index of a class")
    let key = nextKey()
    try add("\(key).png", image.png(name: key))
    try add("\(key).cls", Array("\(label)".utf8))
  }

  /// Appends a sample whose image is encoded already; its bytes stay as they are.
  ///
  /// - Precondition: the label is not negative.
  /// - Throws: `FileError`.
  public func add(
    encoded bytes: UnsafeRawBufferPointer, fileExtension: String, label: Int?
  ) throws(FileError) {
    precondition(label ?? 0 >= 0, "a label is an index of a class")
    let key = nextKey()
    try add("\(key).\(fileExtension)", Array(bytes))
    if let label { try add("\(key).cls", Array("\(label)".utf8)) }
  }

  private func nextKey() -> String {
    let digits = String(count)
    count += 1
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }

  /// Ends the archive and gives it its name.
  ///
  /// - Throws: `FileError`.
  public func commit() throws(FileError) {
    try output.write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
    try output.commit()
  }

  private func add(_ name: String, _ bytes: [UInt8]) throws(FileError) {
    var header = [UInt8](repeating: 0, count: TarHeader.blockSize)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put(name, at: 0)
    put("0000644", at: 100)
    put(Self.octal(bytes.count, digits: 11), at: 124)
    put("00000000000", at: 136)
    put("0", at: 156)
    put("ustar\0" + "00", at: 257)
    // The checksum counts its own field as spaces.
    let sum = header.reduce(8 * Int(UInt8(ascii: " "))) { $0 + Int($1) }
    put(Self.octal(sum, digits: 6) + "\0 ", at: 148)
    try output.write(header)
    try output.write(bytes)
    let rest = bytes.count % TarHeader.blockSize
    if rest > 0 { try output.write([UInt8](repeating: 0, count: TarHeader.blockSize - rest)) }
  }

  private static func octal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
