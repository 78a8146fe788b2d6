import Files
import Foundation

/// A regular file that is read by position into memory of the caller, never mapped.
///
/// Threads may read at the same time.
final class RandomAccessFile: Sendable {
  let path: String
  /// Length in bytes when it was opened.
  let count: Int
  /// Which file it is, and how it was when it was opened.
  let version: FileVersion
  private let descriptor: Int32

  init(path: String) throws(FileError) {
    let file = try ReadableFile(path: path)
    self.path = path
    descriptor = file.descriptor
    version = file.version
    count = file.version.count
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from the bytes at `offset`.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    var done = 0
    while done < buffer.count, let base = buffer.baseAddress {
      let read = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if read < 0 {
        if errno == EINTR { continue }
        throw .cannotRead(
          path: path, offset: offset + done, reason: String(cString: strerror(errno)))
      }
      guard read > 0 else {
        throw .cannotRead(path: path, offset: offset + done, reason: "the file ended early")
      }
      done += read
    }
  }

  /// Checks that the file is as long as when it was opened.
  func checkLength() throws {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError.cannotRead(
        path: path, offset: 0, reason: String(cString: strerror(errno)))
    }
    guard Int(status.st_size) == count else {
      throw CheckpointError.fileChanged(
        file: path, expected: count, actual: Int(status.st_size))
    }
  }
}
