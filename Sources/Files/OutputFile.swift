import Foundation

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a ``PartialSibling``; ``commit()`` flushes it to disk and renames it. An output that
/// is dropped without a commit removes its temporary file, and so does the next output of the same name
/// when a process was killed.
///
///     let output = try OutputFile(path: "case.json", replacing: false)
///     try output.write(bytes)
///     try output.commit()
public final class OutputFile {
  /// The final name.
  public let path: String
  private let temporaryPath: String
  private let replacing: Bool
  private var descriptor: Int32
  private var isCommitted = false

  /// Opens the temporary sibling of `path`.
  ///
  /// - Throws: ``FileError/exists(path:)`` when `path` exists and `replacing` is false;
  ///   ``FileError/cannotWrite(path:reason:)``.
  public init(path: String, replacing: Bool) throws(FileError) {
    self.path = path
    self.replacing = replacing
    if !replacing, FileManager.default.fileExists(atPath: path) { throw .exists(path: path) }
    PartialSibling.removeAbandoned(of: path)
    temporaryPath = PartialSibling.path(for: path)
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    guard PartialSibling.hold(descriptor, at: temporaryPath) else {
      throw .cannotWrite(path: path, reason: "another process writes it at this moment")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends bytes.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var offset = 0
    while offset < bytes.count {
      guard let base = bytes.baseAddress else { return }
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, base + offset, bytes.count - offset)
      #else
        let written = Darwin.write(descriptor, base + offset, bytes.count - offset)
      #endif
      if written < 0 {
        if errno == EINTR { continue }
        throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
      offset += written
    }
  }

  /// Appends bytes.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``.
  public func write(_ bytes: some Sequence<UInt8>) throws(FileError) {
    let outcome = ContiguousArray(bytes).withUnsafeBytes { buffer in
      Result { () throws(FileError) in try write(buffer) }
    }
    try outcome.get()
  }

  /// Flushes to disk and gives the file its name.
  ///
  /// - Throws: ``FileError/exists(path:)`` when the name was taken meanwhile and must not be
  ///   replaced; ``FileError/cannotWrite(path:reason:)``.
  public func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    close(descriptor)
    descriptor = -1
    if replacing {
      guard rename(temporaryPath, path) == 0 else {
        throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
    } else {
      // link fails when the name is taken, where rename would replace it.
      guard link(temporaryPath, path) == 0 else {
        if errno == EEXIST { throw .exists(path: path) }
        throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
      unlink(temporaryPath)
    }
    isCommitted = true
  }
}
