import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation

/// A pool on disk: `pool.json`, `experts/TASK-00`, `merges/00` and `merges/00.fingerprint.json`.
///
/// The manifest is replaced whole after every expert and merge, so a pool that was stopped names just
/// what is finished.
public struct NullPoolFolder: Sendable {
  /// The name of the manifest.
  public static let manifestName = "pool.json"

  /// The pool's folder.
  public let path: String

  /// The pool in a folder; nothing is read.
  public init(path: String) {
    var name = path[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    self.path = String(name)
  }

  /// The manifest's path.
  public var manifestPath: String { "\(path)/\(Self.manifestName)" }

  /// Whether there is a manifest.
  public var exists: Bool { FileManager.default.fileExists(atPath: manifestPath) }

  /// Where a path of the manifest leads.
  public func resolve(_ part: String) -> String { RelativePath.resolve(part, in: path) }

  /// How the manifest names a folder that lies elsewhere.
  public func relative(to part: String) -> String { RelativePath.from(folder: path, to: part) }

  /// Reads the manifest.
  ///
  /// - Throws: `FileError`, `CheckpointError`; ``NullPoolError`` within a `LocatedError`.
  public func read() throws -> NullPool {
    do {
      return try StrictJSON.decode(NullPool.self, contentsOf: manifestPath)
    } catch let error as NullPoolError {
      throw LocatedError(error, in: manifestPath)
    }
  }

  /// Replaces the manifest.
  ///
  /// - Throws: `FileError`.
  public func write(_ pool: NullPool) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let contents = try encoder.encode(pool) + Data("\n".utf8)
    try InputLedger.suspended {
      let file = try OutputFile(path: manifestPath, replacing: true)
      try file.write(contents)
      try file.commit()
    }
  }

  /// The folder of an expert, relative to the pool's.
  public static func expertPath(task: String, index: Int) -> String {
    "experts/\(task)-\(digits(index))"
  }

  /// The folder of a merge, relative to the pool's.
  public static func mergePath(index: Int) -> String { "merges/\(digits(index))" }

  private static func digits(_ index: Int) -> String { index < 10 ? "0\(index)" : "\(index)" }
}
