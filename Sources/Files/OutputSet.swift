import CFileSystem
import Foundation

/// Files that appear under their names together or not at all, such as a case and its report.
///
/// All names are checked, and all files opened, before anything is computed. The names are taken when
/// every file is on disk; should one of them be refused then, those before it are given back what they
/// had. Only a process that is killed between two names, which takes microseconds, leaves one without
/// the other.
public final class OutputSet {
  private let files: [OutputFile]
  private let replacing: Bool

  /// Opens a temporary file for each path.
  ///
  /// - Throws: ``FileError/oneNameTwice(path:other:)``; what `OutputFile` throws.
  public init(paths: [String], replacing: Bool) throws(FileError) {
    for (index, path) in paths.enumerated() {
      for other in paths[..<index] where RelativePath.isSame(path, other) {
        throw .oneNameTwice(path: path, other: other)
      }
    }
    // First all checks: a refusal leaves nothing, not even for a moment.
    for path in paths { try OutputFile.check(path, replacing: replacing) }
    var files: [OutputFile] = []
    for path in paths { files.append(try OutputFile(path: path, replacing: replacing)) }
    self.files = files
    self.replacing = replacing
  }

  /// Appends bytes to one of the files.
  ///
  /// - Precondition: `path` is one of the paths.
  /// - Throws: ``FileError/cannotWrite(path:reason:)``.
  public func write(_ bytes: some Sequence<UInt8>, to path: String) throws(FileError) {
    guard let file = files.first(where: { $0.path == path }) else {
      preconditionFailure("the path is one of the set's")
    }
    try file.write(bytes)
  }

  /// Gives all files their names.
  ///
  /// - Throws: as `OutputFile.commit()`; nothing has changed then.
  public func commit() throws(FileError) {
    for file in files { try file.flush() }
    for file in files { try OutputFile.check(file.path, replacing: replacing) }
    var taken: [TakenName] = []
    for file in files {
      do throws(FileError) {
        taken.append(try TakenName(file))
      } catch {
        for name in taken.reversed() { name.giveBack() }
        throw error
      }
    }
    for (name, file) in zip(taken, files) {
      file.finish()
      name.keep()
    }
  }
}

/// A name that a temporary file has taken, and what had it before.
private struct TakenName {
  private enum Before {
    case nothing
    /// What had the name is at this path now.
    case file(String)
  }

  private let path: String
  private let temporary: String
  private let before: Before

  init(_ file: OutputFile) throws(FileError) {
    path = file.path
    temporary = file.temporaryPath
    guard file.isReplacing, FileKind(ofLinkAt: path) != nil else {
      try PartialSibling.takeNewName(of: temporary, for: path)
      before = .nothing
      return
    }
    switch routemark_rename_exchange(temporary, path) {
    case 0: before = .file(temporary)
    case ENOSYS, EINVAL:
      // No exchange here: a second name for the old file, then one step that replaces it.
      let second = "\(temporary).before"
      guard link(path, second) == 0, rename(temporary, path) == 0 else {
        let reason = String(cString: strerror(errno))
        unlink(second)
        throw .cannotWrite(path: path, reason: reason)
      }
      before = .file(second)
    case let error: throw .cannotWrite(path: path, reason: String(cString: strerror(error)))
    }
  }

  func keep() {
    if case .file(let old) = before { unlink(old) }
    PartialSibling.synchronizeFolder(of: path)
  }

  func giveBack() {
    switch before {
    case .nothing: unlink(path)
    case .file(let old): rename(old, path)
    }
  }
}
