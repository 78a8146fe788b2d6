import Checkpoints
import Documents
import Files
import Foundation
import ModelImports
import RoutedModels
import VisionTransformers

/// All families that the program knows.
///
/// A new one is a folder beside this file and a line here.
public enum ModelFamilies {
  /// Families of vision towers, the one first that a folder without any hint is read as.
  public static let vision: [any VisionFamily] = [
    CLIPFamily(),
    SiglipFamily(),
  ]

  /// The family of a model folder: by `model_type` in its `config.json`, else by the tensors.
  ///
  /// - Parameters:
  ///   - file: the `config.json`.
  ///   - tensorNames: the names of a checkpoint's tensors; asked for when the file does not say.
  /// - Returns: the first family where nothing tells, so that messages are about it.
  /// - Throws: `CheckpointError` when the file is not readable JSON.
  public static func family(
    ofConfiguration file: String, tensorNames: () throws -> [String]
  ) throws -> any VisionFamily {
    struct Header: Decodable {
      var modelType: String?
      enum CodingKeys: String, CodingKey { case modelType = "model_type" }
    }
    let type = try StrictJSON.decode(Header.self, contentsOf: file).modelType
    if let type, let stated = vision.first(where: { $0.modelTypes.contains(type) }) {
      return stated
    }
    let names = try tensorNames()
    return vision.first { $0.names.isIn(names) } ?? vision[0]
  }

  /// Whether a checkpoint holds a tower of a known family.
  public static func recognizes(_ checkpoint: Checkpoint) -> Bool {
    vision.contains { $0.names.isIn(checkpoint.tensorNames) }
  }

  /// The gates in a checkpoint without a tower; `nil` when no family finds any.
  public static func gates(in checkpoint: Checkpoint) -> CheckpointTensors? {
    for family in vision {
      if let tensors = CheckpointTensors(gates: checkpoint, family.names) { return tensors }
    }
    return nil
  }
}

extension ModelFamilies {
  /// The configuration of the tower in a folder that holds its weights.
  ///
  /// - Throws: `FileError` when there is no `config.json`; `DocumentError`, `VisionModelError`.
  public static func configuration(ofFolder path: String) throws -> VisionTowerConfiguration {
    let file = (path as NSString).appendingPathComponent("config.json")
    let family = try family(ofConfiguration: file) { try Checkpoint(path: path).tensorNames }
    return try family.configuration(contentsOf: file)
  }

  /// The configuration of a tower, a folder or a file of weights, by its `config.json` or what another
  /// framework has beside its weights; `nil` when nothing states it.
  ///
  /// - Throws: `ModelImportError` for an adapter, which is no model; `DocumentError`,
  ///   `VisionModelError`.
  public static func statedConfiguration(
    ofModel path: String
  ) throws -> VisionTowerConfiguration? {
    let file = (path as NSString).appendingPathComponent("config.json")
    if FileKind(at: file) != nil { return try configuration(ofFolder: path) }
    return try ImportedModel.configuration(path: path).map {
      try CLIPFamily.configuration(keys: $0, file: path)
    }
  }

  /// The weights of a model, a folder or a file, under the names of a family.
  ///
  /// - Throws: `ModelImportError`; as `Checkpoint`.
  public static func checkpoint(ofModel path: String) throws -> Checkpoint {
    try ImportedModel.checkpoint(path: path)
  }
}
