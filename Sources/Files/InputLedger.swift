import Foundation
import Synchronization

/// The files that one request has read, so that no output of the request replaces one of them.
///
/// Whoever runs a request begins a ledger. Every file that is opened for reading meanwhile is entered, and
/// ``OutputFile`` and `OutputFolder` refuse names that would remove an entry, whatever way leads to it:
/// another name, a link, or a folder that holds it.
///
///     try InputLedger.recording { try request.run(examiner) }
public final class InputLedger: Sendable {
  @TaskLocal static var current: InputLedger?

  private struct Place: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// What was read, by identity, as the caller named it.
  private let names = Mutex<[Place: String]>([:])

  private init() {}

  /// Runs `body` with a ledger of its own.
  public static func recording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $current.withValue(InputLedger(), operation: body)
  }

  /// Runs `body` without one: for the working files of a program, which it reads to go on and replaces.
  public static func suspended<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $current.withValue(nil, operation: body)
  }

  func enter(_ version: FileVersion, path: String) {
    names.withLock { $0[Place(device: version.device, inode: version.inode)] = path }
  }

  /// Refuses a name under which something lies that was read, a file or the contents of a folder.
  package static func check(_ path: String) throws(FileError) {
    guard let current else { return }
    var status = stat()
    guard stat(path, &status) == 0 else { return }
    let version = FileVersion(status)
    let place = Place(device: version.device, inode: version.inode)
    let folder = RelativePath.canonical(path) + "/"
    let isFolder = FileKind(status) == .folder
    let input = current.names.withLock { names in
      names[place]
        ?? (isFolder
          ? names.values.sorted().first { RelativePath.canonical($0).hasPrefix(folder) } : nil)
    }
    if let input { throw .replacesInput(path: path, input: input) }
  }
}
