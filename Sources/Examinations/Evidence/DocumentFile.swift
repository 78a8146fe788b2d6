import Files
import Foundation

/// Writes values as JSON files: sorted keys, full precision, one object and a line break; whole or
/// not at all.
package enum DocumentFile {
  /// The bytes of a value.
  package static func data(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value) + Data("\n".utf8)
  }

  /// Writes a value.
  ///
  /// - Parameter isPrivate: Only the file's owner may read it.
  /// - Throws: `FileError`; nothing is left under the name then.
  package static func write(
    _ value: some Encodable, to output: OutputPlace, isPrivate: Bool = false
  ) throws {
    let file = try OutputFile(
      path: output.path, replacing: output.replacing, isPrivate: isPrivate)
    try file.write(data(value))
    try file.commit()
  }
}
