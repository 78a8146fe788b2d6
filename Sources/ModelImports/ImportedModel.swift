import Checkpoints
import Documents
import Files

/// Models in other forms than Hugging Face's, read where they lie.
public enum ImportedModel {
  /// Opens the weights of a model, a file or a folder.
  ///
  /// Towers of open_clip are seen under the names of
  /// Hugging Face; every other checkpoint is seen as it is.
  ///
  /// - Throws: ``ModelImportError``; as `Checkpoint`.
  public static func checkpoint(path: String) throws -> Checkpoint {
    let stored = try Checkpoint(path: path)
    guard TowerNames.isOpenCLIP(stored) else { return stored }
    return try stored.viewing(TowerNames(stored).views)
  }

  /// The keys of the `config.json` that a model without one would have, where a file of another
  /// framework tells them; else `nil`.
  ///
  /// - Throws: ``ModelImportError/baseNeeded(file:)`` for an adapter; ``ModelImportError`` and
  ///   `DocumentError` when the file is not what its framework writes.
  public static func configuration(path: String) throws -> [String: JSONValue]? {
    let folder = ModelConversion.folder(of: path)
    let isAdapter = ModelConversion.exists(LowRankAdapter.configurationName, in: folder)
    if isAdapter, folder == path { throw ModelImportError.baseNeeded(file: path) }
    guard ModelConversion.exists(TowerConfiguration.openCLIPName, in: folder) else { return nil }
    var settings = TowerConfiguration(activation: nil)
    settings.folders = [folder]
    let tensors = try checkpoint(path: path)
    return try settings.resolved(TowerShape(tensors), file: path).keys
  }
}
