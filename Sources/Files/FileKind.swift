import Foundation

/// What a path names.
public enum FileKind: String, Sendable {
  case regularFile = "a regular file"
  case folder = "a folder"
  case pipe = "a pipe"
  case socket = "a socket"
  case device = "a device"
  /// A symbolic link; only ``init(ofLinkAt:)`` says so.
  case link = "a symbolic link"
  case unknown = "something that is no file"

  /// What `path` leads to, links followed; `nil` when there is nothing, or it cannot be reached.
  public init?(at path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// What `path` itself is, links not followed.
  public init?(ofLinkAt path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    self =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regularFile
      case S_IFDIR: .folder
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      case S_IFCHR, S_IFBLK: .device
      case S_IFLNK: .link
      default: .unknown
      }
  }
}

/// A regular file that is open for reading.
///
/// Everything that is read is opened here, so that a pipe, a device, a socket or a folder under the
/// name of a file is refused at once: opening a pipe would otherwise wait for somebody to write.
package struct ReadableFile {
  /// The descriptor, which the caller closes.
  package let descriptor: Int32
  /// Which file it is, and how it was when it was opened.
  package let version: FileVersion

  /// Opens the file, links followed.
  ///
  /// - Throws: ``FileError/cannotOpen(path:reason:)``, ``FileError/notARegularFile(path:actual:)``.
  package init(path: String) throws(FileError) {
    // The system's own reading would stop at a NUL and open another file.
    guard !path.utf8.contains(0) else {
      throw .cannotOpen(path: path, reason: "no name of a file has a NUL in it")
    }
    // Asked first: to open a device can do something, to open a socket fails for another reason.
    if let kind = FileKind(at: path), kind != .regularFile {
      throw .notARegularFile(path: path, actual: kind)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw .cannotOpen(path: path, reason: reason)
    }
    let kind = FileKind(status)
    guard kind == .regularFile else {
      close(descriptor)
      throw .notARegularFile(path: path, actual: kind)
    }
    self.descriptor = descriptor
    version = FileVersion(status)
    InputLedger.current?.enter(version, path: path)
  }
}

/// Which file it is, and how it was at one moment: enough to see that it was changed since.
package struct FileVersion: Sendable, Equatable {
  package let device: UInt64
  package let inode: UInt64
  /// Length in bytes.
  package let count: Int
  /// When the contents were last written, in nanoseconds since 1970.
  package let modified: Int

  package init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(truncatingIfNeeded: status.st_ino)
    count = Int(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modified = time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
  }
}
