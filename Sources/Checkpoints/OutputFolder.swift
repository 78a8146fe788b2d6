import Files
import Foundation

/// A folder that appears under its name complete or not at all.
///
/// Files go to a `PartialSibling`; ``commit()`` gives it its name. A folder that is dropped without a
/// commit is removed, and so are those that killed processes have left of the same output.
///
///     let output = try OutputFolder(path: "merged", replacing: false)
///     try writeSafetensors(path: output.path(of: "model.safetensors"), tensors: tensors)
///     try output.commit()
public final class OutputFolder {
  /// The final name.
  public let path: String
  /// The folder that files are written to until the commit.
  public let temporaryPath: String
  private let replacing: Bool
  private var lock: Int32 = -1
  private var isCommitted = false

  /// Makes the temporary sibling of `path`.
  ///
  /// - Throws: `FileError.exists` when `path` exists and `replacing` is false;
  ///   ``CheckpointError/notAnOutputFolder(path:)`` when `path` exists and has no `config.json`;
  ///   `FileError.cannotWrite`.
  public init(path: String, replacing: Bool) throws {
    var name = path[...]
    while name.count > 1, name.hasSuffix("/") { name.removeLast() }
    self.path = String(name)
    self.replacing = replacing
    temporaryPath = PartialSibling.path(for: self.path)
    isCommitted = true  // Nothing to remove yet.
    try checkDestination()
    PartialSibling.removeAbandoned(of: self.path)
    guard mkdir(temporaryPath, 0o755) == 0 else {
      throw FileError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    isCommitted = false
    lock = open(temporaryPath, O_RDONLY | O_CLOEXEC)
    guard lock >= 0, PartialSibling.hold(lock, at: temporaryPath) else {
      throw FileError.cannotWrite(
        path: path, reason: "another process writes it at this moment")
    }
  }

  deinit {
    if !isCommitted { try? FileManager.default.removeItem(atPath: temporaryPath) }
    if lock >= 0 { close(lock) }
  }

  /// Where to write a file of this name until the commit.
  ///
  /// - Precondition: `name` is a plain file name.
  public func path(of name: String) -> String {
    precondition(
      !name.isEmpty && !name.contains("/") && name != "..", "files lie directly in the folder")
    return "\(temporaryPath)/\(name)"
  }

  /// Gives the folder its name; a folder that it replaces is moved aside first and then deleted.
  ///
  /// - Throws: as ``init(path:replacing:)``. The folder to be replaced is then back in its place.
  public func commit() throws {
    try checkDestination()
    try flush(temporaryPath)
    let previous = "\(temporaryPath).replaced"
    let replaces = FileManager.default.fileExists(atPath: path)
    if replaces { try move(path, to: previous) }
    do {
      try move(temporaryPath, to: path)
    } catch {
      if replaces { try move(previous, to: path) }
      throw error
    }
    isCommitted = true
    if replaces { try? FileManager.default.removeItem(atPath: previous) }
  }

  private func checkDestination() throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    guard replacing else { throw FileError.exists(path: path) }
    guard FileManager.default.fileExists(atPath: path + "/config.json") else {
      throw CheckpointError.notAnOutputFolder(path: path)
    }
  }

  private func move(_ source: String, to target: String) throws(FileError) {
    guard rename(source, target) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Makes the folder's entries durable before it gets its name.
  private func flush(_ folder: String) throws(FileError) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }
}
