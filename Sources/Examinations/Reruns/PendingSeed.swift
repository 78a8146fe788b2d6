import Documents
import Files
import Foundation

/// The seed of a run that has begun and is not finished.
///
/// It lies in a file beside the run, so that a run that was stopped goes on with the seed it had, and a
/// new seed is never drawn because a run looked bad.
struct PendingSeed {
  /// The seed.
  let value: UInt64

  private struct Note: Codable {
    var schema = "routemark.pending-seed/1"
    let seed: UInt64
  }

  /// The seed that was noted, or a new one that is noted now.
  ///
  /// - Throws: `FileError`, `DocumentError`.
  init(file: String, drawing seed: UInt64) throws {
    if FileManager.default.fileExists(atPath: file) {
      value = try StrictJSON.decode(Note.self, contentsOf: file).seed
      return
    }
    value = seed
    try JSONValue(encoding: Note(seed: seed)).write(to: file)
  }

  /// Removes the note: the manifest has the seed now.
  static func remove(_ file: String) throws {
    guard FileManager.default.fileExists(atPath: file) else { return }
    do {
      try FileManager.default.removeItem(atPath: file)
    } catch {
      throw FileError.cannotWrite(path: file, reason: error.localizedDescription)
    }
  }
}
