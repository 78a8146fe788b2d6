import Diagnostics
import Examinations
import Foundation

/// JSON as every command writes it: sorted keys, full precision, one object and a line break.
enum JSONOutput {
  /// The bytes of a value.
  static func data(_ value: some Encodable) throws -> Data {
    try DocumentFile.data(value)
  }

  /// Writes a value to stdout.
  static func print(_ value: some Encodable) throws {
    let text = String(decoding: try data(value), as: UTF8.self)
    Console.current.out(TerminalText.json(text))
  }
}
