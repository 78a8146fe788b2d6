import Files
import Foundation

/// Writes a small file whole or not at all.
enum OutputText {
  static func write(_ data: Data, to path: String, force: Bool) throws {
    let file = try OutputFile(path: path, replacing: force)
    try file.write(data)
    try file.commit()
  }
}
