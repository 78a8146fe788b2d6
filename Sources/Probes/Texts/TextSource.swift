import Documents
import Files
import Foundation

/// A source of texts: a file of paragraphs, a file of JSON lines, or a folder of text files.
///
/// - A file's items are its paragraphs: runs of lines between blank ones, without the break of the last line. A
///   line is blank when it has nothing but spaces, tabs and carriage returns. Keys count from 0.
/// - A file that ends in `.jsonl` has one object per line, whose `text` is the item; other keys are passed
///   over. Keys count from 0, blank lines not at all.
/// - A folder's items are the files directly in it that end in `.txt`, sorted by the bytes of their names, which
///   are the keys.
public struct TextSource: Sendable {
  /// The layout of a source.
  public enum Format: String, Sendable, Codable, CaseIterable {
    /// A text file, an item per paragraph.
    case paragraphs
    /// A file of JSON lines, an item per line.
    case lines
    /// A folder, an item per file.
    case files
  }

  /// The path as it was given.
  public let path: String
  /// What was found there.
  public let format: Format
  /// The items' keys in order; never empty.
  public let keys: [String]
  private let texts: [[UInt8]]

  /// The largest file or folder of texts, in bytes.
  static let sizeLimit = 256 << 20

  /// The format of what lies at a path; `nil` where it is no source of texts, such as an archive or a folder of
  /// images.
  public static func format(at path: String) throws -> Format? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    if isFolder.boolValue { return try fileNames(path).isEmpty ? nil : .files }
    if path.hasSuffix(".jsonl") { return .lines }
    if path.hasSuffix(".txt") { return .paragraphs }
    let file = try MappedFile(path: path)
    // A header of tar is padded with zero bytes, and no text has one.
    let isText = file.withBytes(0..<min(file.count, 4096)) { !$0.isEmpty && !$0.contains(0) }
    return isText ? .paragraphs : nil
  }

  /// Reads a source.
  ///
  /// - Throws: ``ProbeSuiteError/noTexts(source:)``, ``ProbeSuiteError/textNotReadable(source:key:reason:)``,
  ///   ``ProbeSuiteError/textsTooLarge(source:actual:limit:)``; `FileError`, `DocumentError`.
  public init(path: String, format: Format) throws {
    self.path = path
    self.format = format
    switch format {
    case .paragraphs:
      texts = Self.paragraphs(try Self.bytes(path))
      keys = texts.indices.map { "\($0)" }
    case .lines:
      texts = try Self.lines(try Self.bytes(path), path: path)
      keys = texts.indices.map { "\($0)" }
    case .files:
      keys = try Self.fileNames(path)
      var total = 0
      texts = try keys.map { name in
        let bytes = try Self.bytes("\(path)/\(name)")
        total += bytes.count
        guard total <= Self.sizeLimit else {
          throw ProbeSuiteError.textsTooLarge(source: path, actual: total, limit: Self.sizeLimit)
        }
        return bytes
      }
    }
    guard !texts.isEmpty else { throw ProbeSuiteError.noTexts(source: path) }
    for (key, text) in zip(keys, texts) {
      guard !text.isEmpty, String(validating: text, as: UTF8.self) != nil else {
        throw ProbeSuiteError.textNotReadable(
          source: path, key: key, reason: text.isEmpty ? "empty" : "no UTF-8")
      }
    }
  }

  /// The bytes of an item, UTF-8.
  ///
  /// - Precondition: `index` is that of an item.
  public func text(at index: Int) -> [UInt8] { texts[index] }

  private static func bytes(_ path: String) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    guard file.count <= sizeLimit else {
      throw ProbeSuiteError.textsTooLarge(source: path, actual: file.count, limit: sizeLimit)
    }
    return file.withBytes(0..<file.count) { Array($0) }
  }

  private static func isBlank(_ line: some Sequence<UInt8>) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
  }

  private static func paragraphs(_ bytes: [UInt8]) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var start: Int?
    var (end, place) = (0, 0)
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if !isBlank(line) {
        start = start ?? place
        end = place + line.count - (line.last == 0x0D ? 1 : 0)
      } else if let first = start {
        found.append(Array(bytes[first..<end]))
        start = nil
      }
      place += line.count + 1
    }
    if let first = start { found.append(Array(bytes[first..<end])) }
    return found
  }

  private static func lines(_ bytes: [UInt8], path: String) throws -> [[UInt8]] {
    struct Line: Decodable { var text: String }
    var found: [[UInt8]] = []
    for (number, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
      .enumerated()
    where !isBlank(line) {
      let value = try StrictJSON.decode(
        Line.self, from: Array(line), file: "\(path), line \(number + 1)")
      found.append(Array(value.text.utf8))
    }
    return found
  }

  private static func fileNames(_ folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(".txt") && !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw FileError.cannotOpen(path: folder, reason: error.localizedDescription)
    }
  }
}
