import Diagnostics
import Documents
import Files
import Foundation

/// A file of the owner's: JSON with a schema, read strictly.
public protocol OwnerDocument: Codable, Sendable {
  /// The schema that it states under `schema`.
  static var schema: String { get }
  /// Checks that values belong together.
  ///
  /// - Throws: ``OwnerFileError/contradiction(file:key:expected:actual:)`` and other typed errors.
  func validate(file: String) throws
}

extension OwnerDocument {
  /// Reads a file; a key that the schema does not have is refused.
  ///
  /// - Throws: ``OwnerFileError``, `DocumentError`, `FileError`; errors of the evidence column.
  public static func read(at path: String) throws -> Self {
    let file = try MappedFile(path: path)
    return try file.withBytes(0..<file.count) { try read(Array($0), file: path) }
  }

  /// Reads the bytes of a file.
  ///
  /// - Throws: as ``read(at:)``.
  public static func read(_ bytes: [UInt8], file: String) throws -> Self {
    let found = try StrictJSON.decode(SchemaHeader.self, from: bytes, file: file).schema
    guard found == schema else {
      throw OwnerFileError.wrongSchema(file: file, expected: schema, actual: found ?? "none")
    }
    let value = try StrictJSON.decode(Self.self, from: bytes, file: file)
    // What is written again has every key that was understood.
    let present = try bytes.withUnsafeBytes { try KeyPaths.of($0, file: file) }
    let known = try Array(value.data()).withUnsafeBytes { try KeyPaths.of($0, file: file) }
    let unknown = present.subtracting(known).sorted()
    guard unknown.isEmpty else { throw OwnerFileError.unknownKeys(file: file, keys: unknown) }
    try value.validate(file: file)
    return value
  }

  /// The bytes of the file: keys sorted, one value a line, every number in full.
  ///
  /// - Throws: `EncodingError`.
  public func data() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }
}

/// What every file of ours states.
private struct SchemaHeader: Decodable {
  let schema: String?
}

/// Refuses a value unless a condition holds.
func require(
  _ condition: Bool, _ file: String, _ key: String, expected: @autoclosure () -> String,
  actual: @autoclosure () -> String
) throws(OwnerFileError) {
  guard condition else {
    throw .contradiction(file: file, key: key, expected: expected(), actual: actual())
  }
}
