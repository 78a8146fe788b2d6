import Files
import Foundation

/// One probe: an image and, where the set has labels, its class.
public struct ProbeSample: Sendable, Hashable {
  /// The name without its extension, unique within the source.
  public let key: String
  /// The 0-based class, if the source has labels.
  public let label: Int?
  /// The image's own name within the source, with its extension.
  public let imageName: String
}

/// A set of probe images: a WebDataset tar archive or a folder.
///
/// In an archive the files of a sample share a name up to the first dot of the base name: an image
/// (`jpg`, `jpeg` or `png`, in any case) and, optionally, a label (`cls`, an integer in ASCII). The
/// samples stand in the archive's order. Members with other extensions are ignored; what looks like an
/// image and is left out, a link or a further part of a sample, is said in ``notes``, and an image whose
/// name has a dot too many is an error.
///
/// A folder has one folder a class, sorted by the bytes of the name, with the files below it sorted
/// likewise; or images directly in it, which then have no labels. Hidden files and the `__MACOSX` folders
/// of archives made on a Mac are ignored. Links are followed inside the folder and, in a snapshot of a
/// Hugging Face cache, to the `blobs` of the same repository.
public struct ProbeSource: Sendable {
  /// The layout of a source.
  public enum Format: String, Sendable, Codable {
    /// A tar archive in the WebDataset convention.
    case webDataset = "webdataset"
    /// A folder with a folder for each class, or with images.
    case imageFolder = "imagefolder"
  }

  /// The path as it was given.
  public let path: String
  /// What was found there.
  public let format: Format
  /// The samples in order; never empty.
  public let samples: [ProbeSample]
  /// The names of a folder's classes, by label; empty for archives, which do not name theirs.
  public let classNames: [String]
  /// What was left out although it looks like an image, in sentences; empty when nothing was.
  public let notes: [String]
  private let storage: Storage

  enum Storage: Sendable {
    case archive(MappedFile, [Range<Int>])
    case folder
  }

  init(
    path: String, format: Format, samples: [ProbeSample], classNames: [String],
    notes: [String] = [], storage: Storage
  ) {
    self.path = path
    self.format = format
    self.samples = samples
    self.classNames = classNames
    self.notes = notes
    self.storage = storage
  }

  /// Opens an archive or a folder and lists its samples; no image is decoded.
  ///
  /// - Throws: ``ImageError`` for a hostile or empty source, `FileError` when it cannot be read.
  public init(path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw FileError.cannotOpen(path: path, reason: String(cString: strerror(errno)))
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: self = try Self.imageFolder(path)
    case S_IFREG: self = try Self.webDataset(path)
    default: throw ImageError.notAProbeSource(path: path)
    }
  }

  /// The labels in the order of the samples, if every sample has one.
  public var labels: [Int]? {
    let labels = samples.compactMap(\.label)
    return labels.count == samples.count ? labels : nil
  }

  /// Calls `body` with the encoded bytes of a sample; they must not be used after it returns.
  ///
  /// - Precondition: `index` is one of the samples.
  /// - Throws: what `body` throws; ``ImageError/tooManyBytes(sample:count:limit:)``; `FileError`
  ///   when the file of a folder cannot be read.
  public func withImageBytes<Result>(
    of index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    precondition(samples.indices.contains(index), "the sample exists")
    switch storage {
    case .archive(let file, let ranges): return try file.withBytes(ranges[index], body)
    case .folder:
      let file = try MappedFile(path: "\(path)/\(samples[index].imageName)")
      guard file.count <= ImageDecoder.mostBytes else {
        throw ImageError.tooManyBytes(
          sample: file.path, count: file.count, limit: ImageDecoder.mostBytes)
      }
      return try file.withBytes(0..<file.count, body)
    }
  }

  /// Decodes a sample.
  ///
  /// - Precondition: `index` is one of the samples.
  /// - Throws: ``ImageError`` with the sample's name, `FileError`.
  public func image(at index: Int) throws -> RGBImage {
    try withImageBytes(of: index) { bytes in
      try ImageDecoder.decode(bytes, name: "\(path)/\(samples[index].imageName)")
    }
  }
}
