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
  private let lock: Int32
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
    // First, because a killed writer may have left the folder itself under another name.
    PartialSibling.removeAbandoned(of: self.path)
    try Self.check(self.path, replacing: replacing)
    (temporaryPath, lock) = try PartialSibling.make(for: self.path) { path in
      mkdir(path, 0o755) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1
    }
  }

  deinit {
    if !isCommitted { try? FileManager.default.removeItem(atPath: temporaryPath) }
    close(lock)
  }

  /// Where to write a file of this name until the commit.
  ///
  /// - Precondition: `name` is a plain file name.
  public func path(of name: String) -> String {
    precondition(
      !name.isEmpty && !name.contains("/") && name != "..", "files lie directly in the folder")
    return "\(temporaryPath)/\(name)"
  }

  /// Copies a file of another folder, where there is one, under the same name: its contents, read
  /// through links, never the link.
  ///
  /// - Throws: `FileError`.
  public func copy(_ name: String, from folder: String) throws(FileError) {
    let source = "\(folder)/\(name)"
    guard FileKind(ofLinkAt: source) != nil else { return }
    let file = try MappedFile(path: source)
    let output = try OutputFile(path: path(of: name), replacing: false)
    try file.withBytes(0..<file.count) { bytes throws(FileError) in try output.write(bytes) }
    try output.commit()
  }

  /// Gives the folder its name, in one step; a folder that it replaces is then deleted.
  ///
  /// - Throws: as ``init(path:replacing:)``. The folder to be replaced is then still there.
  public func commit() throws {
    try Self.check(path, replacing: replacing)
    try flush(temporaryPath)
    if replacing {
      try PartialSibling.takeName(of: temporaryPath, for: path)
    } else {
      try PartialSibling.takeNewName(of: temporaryPath, for: path)
    }
    isCommitted = true
  }

  /// Checks that a folder of this name may be written.
  ///
  /// - Throws: as ``init(path:replacing:)``.
  public static func check(_ path: String, replacing: Bool) throws {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw FileError.cannotWrite(path: path, reason: "this is no name of a folder")
    }
    guard FileKind(ofLinkAt: path) != nil else { return }
    guard replacing else { throw FileError.exists(path: path) }
    switch FileKind(at: path) {
    case .folder where FileKind(at: "\(path)/config.json") == .regularFile:
      try InputLedger.check(path)
      try checkContents(path)
    case .folder, .regularFile, nil: throw CheckpointError.notAnOutputFolder(path: path)
    case .some(let kind): throw FileError.notReplaceable(path: path, actual: kind)
    }
  }

  /// Refuses a folder that holds what no model folder holds, such as notes or a repository.
  private static func checkContents(_ path: String) throws {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let foreign = entries.sorted().first { name in
      FileKind(at: "\(path)/\(name)") != .regularFile
        || !(name.hasSuffix(".json") || name.hasSuffix(".safetensors"))
    }
    if let foreign { throw CheckpointError.foreignFile(folder: path, name: foreign) }
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
