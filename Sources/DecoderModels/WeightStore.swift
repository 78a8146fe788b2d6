import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import GGUFFiles

/// A tensor as it lies in a file: safetensors, an archive of PyTorch, or GGUF.
public struct StoredTensor: Sendable {
  /// How values are stored.
  public enum Storage: Sendable, Hashable {
    /// One element after the other.
    case elements(ElementType)
    /// Blocks of codes along rows.
    case blocks(GGUFTensorType)

    /// The type's name.
    public var name: String {
      switch self {
      case .elements(let type): type.rawValue
      case .blocks(let type): type.name
      }
    }

    /// Values that are stored together, and in how many bytes.
    var unit: (length: Int, byteCount: Int) {
      switch self {
      case .elements(let type): (1, type.byteCount)
      case .blocks(let type): (type.blockLength, type.blockByteCount)
      }
    }
  }

  /// The name under which it is stored.
  public let name: String
  /// How values are stored.
  public let storage: Storage
  /// Its dimensions, outermost first.
  public let shape: [Int]
  let file: MappedFile
  let range: Range<Int>
}

/// All tensors of a model, by the names under which they are stored.
///
/// Files are mapped, and nothing is read until it is asked for.
public struct WeightStore: Sendable {
  /// The file or folder.
  public let path: String
  /// The names of all tensors, sorted.
  public let names: [String]
  /// The header of a GGUF model.
  public let gguf: GGUFFile?
  private let checkpoint: Checkpoint?
  private let blocks: [String: StoredTensor]
  private let files: [MappedFile]

  /// Whether a path is a GGUF file, told by its first bytes.
  public static func isGGUF(_ path: String) -> Bool {
    guard FileKind(at: path) == .regularFile, let file = try? MappedFile(path: path) else {
      return false
    }
    return file.withBytes(0..<file.count) { GGUFFile.recognizes($0) }
  }

  /// Opens a GGUF file with its parts, or what `Checkpoint` opens.
  ///
  /// - Throws: `GGUFError`, `CheckpointError`, `FileError`, ``DecoderModelError/missingPart(file:expected:)``.
  public init(path: String) throws {
    self.path = path
    guard Self.isGGUF(path) else {
      let checkpoint = try Checkpoint(path: path)
      self.checkpoint = checkpoint
      names = checkpoint.tensorNames
      gguf = nil
      blocks = [:]
      files = []
      return
    }
    let first = try MappedFile(path: path)
    let header = try Self.header(first)
    var files = [first]
    var headers = [header]
    for part in try Self.parts(of: path, header) {
      let file = try MappedFile(path: part)
      files.append(file)
      headers.append(try Self.header(file))
    }
    var blocks: [String: StoredTensor] = [:]
    for (file, header) in zip(files, headers) {
      for (name, tensor) in header.tensors {
        guard blocks[name] == nil else {
          throw GGUFError.duplicateName(file: file.path, name: name)
        }
        blocks[name] = StoredTensor(
          name: name, storage: Self.storage(tensor.type), shape: tensor.shape, file: file,
          range: tensor.range)
      }
    }
    checkpoint = nil
    gguf = header
    self.blocks = blocks
    self.files = files
    names = blocks.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func header(_ file: MappedFile) throws(GGUFError) -> GGUFFile {
    try file.withBytes(0..<file.count) { bytes throws(GGUFError) in
      try GGUFFile(file: file.path, bytes: bytes)
    }
  }

  /// The other parts of a model that llama.cpp has split: `NAME-00002-of-00003.gguf` and so on.
  private static func parts(of path: String, _ header: GGUFFile) throws -> [String] {
    guard let count = header.integer("split.count"), count > 1 else { return [] }
    let ending = String(format: "-00001-of-%05d.gguf", count)
    // The number stands in the name as well, so a file cannot ask for more parts than its name says.
    guard count <= 99_999, path.hasSuffix(ending) else {
      throw DecoderModelError.missingPart(file: path, expected: "…" + ending)
    }
    let stem = String(path.dropLast(ending.count))
    return try (2...count).map { part in
      let name = stem + String(format: "-%05d-of-%05d.gguf", part, count)
      guard FileKind(at: name) == .regularFile else {
        throw DecoderModelError.missingPart(file: path, expected: name)
      }
      return name
    }
  }

  private static func storage(_ type: GGUFTensorType) -> StoredTensor.Storage {
    switch type {
    case .f32: .elements(.f32)
    case .f16: .elements(.f16)
    case .bf16: .elements(.bf16)
    case .f64: .elements(.f64)
    default: .blocks(type)
    }
  }

  /// A tensor by its stored name; `nil` when there is none.
  ///
  /// - Throws: `CheckpointError.notRowMajor(tensor:file:)`.
  public func tensor(_ name: String) throws -> StoredTensor? {
    if let stored = blocks[name] { return stored }
    guard let checkpoint, let descriptor = checkpoint.descriptor(of: name) else { return nil }
    let place = try checkpoint.place(of: name)
    return StoredTensor(
      name: name, storage: .elements(descriptor.elementType), shape: descriptor.shape,
      file: place.file, range: place.range)
  }

  /// The type and shape of a tensor; `nil` when there is none.
  public func outline(_ name: String) -> (type: String, shape: [Int])? {
    if let stored = blocks[name] { return (stored.storage.name, stored.shape) }
    return checkpoint?.descriptor(of: name).map { ($0.elementType.rawValue, $0.shape) }
  }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { outline(name) != nil }

  /// The name of these weights: the SHA-256 of the file, as `Checkpoint.digest(progress:)` forms it.
  ///
  /// - Throws: `FileError`.
  public func digest(progress: ProgressHandler? = nil) throws -> Digest {
    if let checkpoint { return try checkpoint.digest(progress: progress) }
    if files.count == 1 { return try Digest.sha256(ofFile: path, progress: progress) }
    var lines = ""
    for file in files {
      let digest = try Digest.sha256(ofFile: file.path, progress: progress)
      lines += "\(digest.hexadecimal)  \(file.path.split(separator: "/").last ?? "")\n"
    }
    return Digest.sha256(of: lines.utf8)
  }

  /// The texts of a vocabulary that a GGUF file carries.
  ///
  /// - Throws: `GGUFError`.
  public func texts(_ key: String) throws -> [String]? {
    guard let gguf, let file = files.first else { return nil }
    return try file.withBytes(0..<file.count) { bytes in
      try gguf.texts(key, file: file.path, bytes: bytes)
    }
  }
}
