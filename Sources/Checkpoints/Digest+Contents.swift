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
  /// - Throws: as ``Diagnostics/Digest/sha256(ofFile:progress:)``.
  public func digest(progress: ProgressHandler? = nil) throws -> Digest {
    let total = mappings.reduce(0) { $0 + $1.count }
    var done = 0
    var lines = ""
    for mapping in mappings {
      let before = done
      let digest = try Digest.sha256(ofFile: mapping.path) { read, _ in
        progress?(before + read, total)
      }
      if !isSharded { return digest }
      done += mapping.count
      let name = mapping.path.split(separator: "/").last ?? ""
      lines += "\(digest.hexadecimal)  \(name)\n"
    }
    return Digest.sha256(of: lines.utf8)
  }
}
