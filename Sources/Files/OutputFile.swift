import Foundation

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a ``PartialSibling``; ``commit()`` flushes it to disk and renames it. An output that
/// is dropped without a commit removes its temporary file, and so does the next output of the same name
/// when a process was killed. A link under the output's name is replaced itself, never what it leads to;
/// folders, pipes, sockets and devices are never replaced.
///
///     let output = try OutputFile(path: "case.json", replacing: false)
///     try output.write(bytes)
///     try output.commit()
public final class OutputFile {
  /// The final name.
  public let path: String
  let temporaryPath: String
  private let replacing: Bool
  /// Whether what has the name may be replaced.
  var isReplacing: Bool { replacing }
  private var descriptor: Int32
  private var isCommitted = false

  /// Opens the temporary sibling of `path`.
  ///
  /// - Parameter isPrivate: Only its owner may read the file (mode 0600).
  /// - Throws: ``FileError/exists(path:)`` when `path` exists and `replacing` is false;
  ///   ``FileError/notReplaceable(path:actual:)``, ``FileError/cannotWrite(path:reason:)``.
  public init(path: String, replacing: Bool, isPrivate: Bool = false) throws(FileError) {
    try Self.check(path, replacing: replacing)
    self.path = path
    self.replacing = replacing
    PartialSibling.removeAbandoned(of: path)
    (temporaryPath, descriptor) = try PartialSibling.make(for: path) { path in
      open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isPrivate ? 0o600 : 0o644)
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
  ///   replaced; ``FileError/notReplaceable(path:actual:)``, ``FileError/cannotWrite(path:reason:)``.
  public func commit() throws(FileError) {
    try flush()
    if replacing {
      try Self.check(path, replacing: true)
      guard rename(temporaryPath, path) == 0 else {
        throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
      }
      PartialSibling.synchronizeFolder(of: path)
    } else {
      try PartialSibling.takeNewName(of: temporaryPath, for: path)
    }
    finish()
  }

  /// The temporary file is the output now.
  func finish() {
    close(descriptor)
    descriptor = -1
    isCommitted = true
  }

  /// Makes the bytes durable, before the file has its name.
  func flush() throws(FileError) {
    guard descriptor >= 0 else { return }
    // The descriptor stays open: with it goes the lock by which others know that it is in use.
    guard fsync(descriptor) == 0 else {
      throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Checks that a file of this name may be written.
  ///
  /// - Throws: ``FileError/exists(path:)``, ``FileError/notReplaceable(path:actual:)``,
  ///   ``FileError/replacesInput(path:input:)``, ``FileError/cannotWrite(path:reason:)`` for what cannot be a
  ///   name.
  public static func check(_ path: String, replacing: Bool) throws(FileError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw .cannotWrite(path: path, reason: "this is no name of a file")
    }
    if let kind = FileKind(at: path), kind != .regularFile {
      throw .notReplaceable(path: path, actual: kind)
    }
    guard FileKind(ofLinkAt: path) != nil else { return }
    guard replacing else { throw .exists(path: path) }
    try InputLedger.check(path)
  }
}
