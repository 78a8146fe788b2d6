import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelFamilies
import ModelMerging
import RoutedModels
import VisionTransformers

/// What a model folder holds.
public struct ModelInspection: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.model-inspection/1"
  /// Where it lies, as it was asked for.
  public let path: String
  /// What it is, in words.
  public let kind: String
  /// The shape of the tower.
  public let architecture: VisionTowerConfiguration
  /// Experts and routing; `nil` for a plain tower.
  public let mixture: MixtureConfiguration?
  /// Tensors of each element type, over all parts.
  public let elementTypes: [String: Int]
  /// Numbers in all tensors.
  public let parameterCount: Int
  /// SHA-256 by which others know it.
  public let digest: Digest
  /// Stored tensors that no index lists; they are no part of the model.
  public let unlistedTensors: [String]

  /// A look at a folder.
  ///
  /// - Throws: what opening and hashing a model throws.
  public init(path: String) throws {
    let model = try ModelFolder(path: path)
    self.path = path
    architecture = model.configuration
    mixture = model.mixture
    let checkpoints: [Checkpoint]
    switch model.form {
    case .tower(let tensors):
      kind = model.names.family
      checkpoints = [tensors.checkpoint]
    case .mixture(let tensors):
      kind = "WEMoE of \(model.names.family)s, in full"
      checkpoints = [tensors.checkpoint]
    case .recipe(let parts):
      kind = "WEMoE of \(model.names.family)s, by recipe"
      checkpoints = ([parts.base] + parts.experts + [parts.gates]).map(\.checkpoint)
    }
    let descriptors = checkpoints.flatMap { checkpoint in
      checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    }
    elementTypes = Dictionary(grouping: descriptors, by: \.elementType.rawValue)
      .mapValues(\.count)
    parameterCount = descriptors.reduce(0) { $0 + $1.elementCount }
    digest = try model.digest()
    unlistedTensors = checkpoints.flatMap(\.unlistedTensors)
  }

  /// Whether `config.json` describes a vision tower of a known family, plain or merged.
  static func recognizes(configuration: String, folder: String) throws -> Bool {
    struct Sections: Decodable { var wemoe: MixtureConfiguration? }
    if try StrictJSON.decode(Sections.self, contentsOf: configuration).wemoe?.recipe != nil {
      return true
    }
    return ModelFamilies.recognizes(try Checkpoint(path: folder))
  }
}
