import Documents
import Foundation

extension StrictJSON {
  /// Decodes the JSON file at `path`.
  ///
  /// - Throws: as ``decode(_:from:file:context:)``; `FileError` when the file cannot be opened.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, contentsOf path: String,
    context: [CodingUserInfoKey: any Sendable] = [:]
  ) throws -> Value {
    let file = try MappedFile(path: path)
    return try file.withBytes(0..<file.count) { bytes in
      try decode(type, from: bytes, file: path, context: context)
    }
  }
}

extension JSONValue {
  /// Writes the value to a new file, keys sorted.
  ///
  /// - Throws: `FileError`.
  public func write(to path: String, replacing: Bool = false) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let output = try OutputFile(path: path, replacing: replacing)
    try output.write(try encoder.encode(self))
    try output.write("\n".utf8)
    try output.commit()
  }
}
