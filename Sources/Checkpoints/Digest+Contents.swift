import Diagnostics
import Documents
import Files

extension Digest {
  /// The SHA-256 of a file, read in pieces of 1 MiB; `progress` counts bytes.
  ///
  /// - Throws: `FileError`, and ``CheckpointError/fileChanged(file:expected:actual:)`` when the
  ///   file grows or shrinks meanwhile.
  public static func sha256(
    ofFile path: String, progress: ProgressHandler? = nil
  ) throws -> Digest {
    let file = try RandomAccessFile(path: path)
    var builder = SHA256Builder()
    let pieceLength = 1 << 20
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceLength, alignment: 64)
    defer { piece.deallocate() }
    var offset = 0
    while offset < file.count {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: piece[..<min(pieceLength, file.count - offset)])
      try file.read(at: offset, into: part)
      builder.update(UnsafeRawBufferPointer(part))
      offset += part.count
      progress?(offset, file.count)
    }
    try file.checkLength()
    return builder.finish()
  }
}

extension Checkpoint {
  /// The name of these weights: the SHA-256 of the file's bytes.
  ///
  /// For shards it is the SHA-256 of the text that `sha256sum` prints for them in order of their
  /// names: a line of 64 digits, two spaces and the file name for each. `progress` counts bytes of
  /// all files together.
  ///
  /// What is hashed is the mapping that values are read from, not the file that has the name now. A
  /// file that was written to since it was opened is hashed a second time.
  ///
  /// - Throws: `FileError.changedMeanwhile` when the bytes have changed since they were mapped.
  public func digest(progress: ProgressHandler? = nil) throws -> Digest {
    let digest = try mappedDigest(progress: progress)
    try requireUnchanged(since: digest)
    return digest
  }

  /// Whether one of the files was perhaps written to since it was opened.
  public var mayHaveChanged: Bool { mappings.contains(where: \.mayHaveChanged) }

  /// Checks that what was read since ``digest(progress:)`` is what was hashed then.
  ///
  /// Costs nothing as long as length and time of the files are those they were opened with; else they
  /// are hashed again.
  ///
  /// - Throws: `FileError.changedMeanwhile`.
  public func requireUnchanged(since digest: Digest) throws {
    guard let suspicious = mappings.first(where: \.mayHaveChanged) else { return }
    guard try mappedDigest(progress: nil) == digest else {
      throw FileError.changedMeanwhile(path: suspicious.path)
    }
  }

  private func mappedDigest(progress: ProgressHandler?) throws -> Digest {
    let total = mappings.reduce(0) { $0 + $1.count }
    var done = 0
    var lines = ""
    for mapping in mappings {
      let before = done
      let digest = try mapping.sha256 { progress?(before + $0, total) }
      if !isSharded { return digest }
      done += mapping.count
      let name = mapping.path.split(separator: "/").last ?? ""
      lines += "\(digest.hexadecimal)  \(name)\n"
    }
    return Digest.sha256(of: lines.utf8)
  }
}

extension MappedFile {
  /// The SHA-256 of the mapped bytes, page by page given back to the system.
  fileprivate func sha256(_ progress: (_ done: Int) -> Void) throws(FileError) -> Digest {
    var builder = SHA256Builder()
    let pieceLength = 1 << 20
    for start in stride(from: 0, to: count, by: pieceLength) {
      // Reading beyond the end of a file that was shortened would end the process.
      if hasShrunk { throw .changedMeanwhile(path: path) }
      let range = start..<min(start + pieceLength, count)
      withBytes(range) { builder.update($0) }
      giveBack(range)
      progress(range.upperBound)
    }
    return builder.finish()
  }
}
