import Diagnostics
import Files
import Foundation
import RoutedModels
import Tensors
import VisionTransformers

/// A folder that keeps packed weights between runs, so that a model is converted and packed once.
///
/// A file is named after the model's digest and the precision, and is as long as the packed weights.
/// Every matrix is held against the checksum it was written with. That finds damage, not intent: who
/// can write to the folder can change what a model says, so a folder that others can write to is
/// refused. Files can be deleted at any time; nothing else deletes them.
public struct PackedWeightsCache: Sendable {
  /// The folder as it was given.
  public let folder: String

  /// Layout of the panels and names of the matrices; files of another one are not opened.
  private static let version = 1

  /// Makes the folder, for its owner only, when there is none.
  ///
  /// - Throws: ``MergeError/sharedCache(folder:)``; `FileError.cannotWrite`.
  public init(folder: String) throws {
    self.folder = folder
    if mkdir(folder, 0o700) != 0, errno != EEXIST {
      throw FileError.cannotWrite(path: folder, reason: String(cString: strerror(errno)))
    }
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw FileError.cannotWrite(path: folder, reason: "it is not a folder")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
      throw MergeError.sharedCache(folder: folder)
    }
  }

  func file(of model: Digest, _ precision: Precision) -> String {
    let name = "\(model.hexadecimal)-\(precision.rawValue)-v\(Self.version).safetensors"
    return (folder as NSString).appendingPathComponent(name)
  }
}

extension ModelFolder {
  /// Builds the model from packed weights of an earlier run, or packs them and keeps them for the next.
  ///
  /// The numbers are those of ``tower(precision:)`` to the last bit.
  ///
  /// - Parameter digest: the model's ``digest()``, under which the weights are kept.
  /// - Throws: as ``tower(precision:)``; ``MergeError/damagedCache(file:reason:)``; `FileError` when the
  ///   folder cannot be written to.
  public func tower(
    precision: Precision, digest: Digest, cache: PackedWeightsCache
  ) throws -> VisionTower {
    let file = cache.file(of: digest, precision)
    if FileManager.default.fileExists(atPath: file) {
      return try tower(precision, PackedWeights(contentsOf: file))
    }
    let weights = PackedWeights()
    let tower = try tower(precision, weights)
    try InputLedger.suspended { try weights.write(to: file) }
    return tower
  }
}
