import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import OwnerFiles
import Probes

/// The images of a pool by digest.
enum PoolImages {
  /// SHA-256 of every sample's encoded bytes, in order.
  ///
  /// - Throws: `ImageError`, `FileError`.
  static func digests(of source: ProbeSource, _ examiner: Examiner) throws -> [Digest] {
    try examiner.stage("hashing images") { stage in
      try source.samples.indices.map { index in
        defer { stage.update(index + 1, source.samples.count) }
        return try source.withImageBytes(of: index) { bytes in
          var builder = SHA256Builder()
          builder.update(bytes)
          return builder.finish()
        }
      }
    }
  }
}

/// Some images of a pool as a source of their own, of the same layout: labels mean the same then.
struct UsedImages {
  let source: ProbeSource
  let rows: [Int]

  /// Writes an archive, or a folder with the images' own names.
  ///
  /// - Throws: `FileError`, `ImageError`, `CheckpointError.notAnOutputFolder`.
  func write(to output: OutputPlace) throws {
    switch source.format {
    case .webDataset: try writeArchive(output)
    case .imageFolder: try writeFolder(output)
    }
  }

  private func writeArchive(_ output: OutputPlace) throws {
    let writer = try WebDatasetWriter(path: output.path, replacing: output.replacing)
    for row in rows {
      let sample = source.samples[row]
      let fileExtension = (sample.imageName as NSString).pathExtension.lowercased()
      try source.withImageBytes(of: row) {
        try writer.add(encoded: $0, fileExtension: fileExtension, label: sample.label)
      }
    }
    try writer.commit()
  }

  private func writeFolder(_ output: OutputPlace) throws {
    let folder = try OutputFolder(path: output.path, replacing: output.replacing)
    for row in rows {
      let path = "\(folder.temporaryPath)/\(source.samples[row].imageName)"
      try Folder.make((path as NSString).deletingLastPathComponent)
      let file = try OutputFile(path: path, replacing: false)
      try source.withImageBytes(of: row) { try file.write($0) }
      try file.commit()
    }
    try folder.commit()
  }
}

/// A text in disjoint windows.
struct TextPool {
  /// One window.
  struct Window: Sendable {
    let text: String
    let digest: Digest
  }

  let windows: [Window]

  /// Cuts a text; what is left at the end and shorter than a window is left out.
  ///
  /// - Throws: `FileError`, ``OwnerRequestError/notText(path:)``.
  init(path: String, _ cut: SubsetSecret.Windows) throws {
    let file = try MappedFile(path: path)
    let bytes = file.withBytes(0..<file.count) { Array($0) }
    let ranges =
      switch cut.unit {
      case .bytes: Self.rangesOfBytes(bytes, cut.length)
      case .words: Self.rangesOfWords(bytes, cut.length)
      }
    windows = try ranges.map { range in
      guard let text = String(validating: bytes[range], as: UTF8.self) else {
        throw OwnerRequestError.notText(path: path)
      }
      return Window(text: text, digest: .sha256(of: bytes[range]))
    }
  }

  /// Windows of at most `length` bytes, each ending before the first byte of a character.
  static func rangesOfBytes(_ bytes: [UInt8], _ length: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var start = 0
    while bytes.count - start >= length {
      var end = start + length
      while end > start, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      // A window shorter than one character, or bytes that are no UTF-8.
      if end == start { end = start + length }
      ranges.append(start..<end)
      start = end
    }
    return ranges
  }

  /// Windows from the first byte of a word to the last of another, `length` words in all.
  static func rangesOfWords(_ bytes: [UInt8], _ length: Int) -> [Range<Int>] {
    let spaces: Set<UInt8> = [9, 10, 11, 12, 13, 32]
    var words: [Range<Int>] = []
    var start: Int?
    for (place, byte) in bytes.enumerated() {
      if spaces.contains(byte) {
        if let first = start { words.append(first..<place) }
        start = nil
      } else if start == nil {
        start = place
      }
    }
    if let first = start { words.append(first..<bytes.count) }
    return stride(from: 0, to: words.count - words.count % length, by: length).map {
      words[$0].lowerBound..<words[$0 + length - 1].upperBound
    }
  }

  /// Writes windows as JSON Lines, `{"item": digest, "text": ...}`.
  ///
  /// - Throws: `FileError`.
  static func write(_ windows: [Window], to output: OutputPlace) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let file = try OutputFile(path: output.path, replacing: output.replacing)
    for window in windows {
      try file.write(encoder.encode(["item": "\(window.digest)", "text": window.text]))
      try file.write("\n".utf8)
    }
    try file.commit()
  }
}
