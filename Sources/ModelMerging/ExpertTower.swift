import Foundation
import RoutedModels
import VisionTransformers

/// One expert by name, with the tensors of its whole tower.
public struct ExpertTower: Sendable {
  /// The expert's name.
  public let name: String
  /// Its tensors under a tower's names.
  public let tensors: any TensorSource
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration

  /// An expert.
  public init(name: String, tensors: any TensorSource, configuration: VisionTowerConfiguration) {
    self.name = name
    self.tensors = tensors
    self.configuration = configuration
  }
}

extension ModelFolder {
  /// The experts of a mixture, or a plain tower as the only one, named after its folder.
  ///
  /// An expert of a recipe is its whole tower. Of a full mixture only MLPs are left of an expert by
  /// itself: they are base plus task vector, and the rest is the mixture's own.
  public var expertTowers: [ExpertTower] {
    switch form {
    case .tower(let tensors):
      let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
      return [ExpertTower(name: name, tensors: tensors, configuration: configuration)]
    case .recipe(let parts):
      return zip(mixture?.experts ?? [], parts.experts).map {
        ExpertTower(name: $0, tensors: $1, configuration: configuration)
      }
    case .mixture(let tensors):
      let base = MixturePart(tensors: tensors, part: "base_model")
      return (mixture?.experts ?? []).enumerated().map { index, name in
        let taskVector = MixturePart(tensors: tensors, part: "task_vectors.\(index)")
        return ExpertTower(
          name: name, tensors: ExpertOfMixture(base: base, taskVector: taskVector),
          configuration: configuration)
      }
    }
  }
}

/// The base MLPs or one expert's task vectors of a full mixture, under a tower's names; tensors
/// outside of the MLPs are the mixture's own.
package struct MixturePart: TensorSource {
  private let tensors: CheckpointTensors
  private let part: String

  /// - Parameter part: `base_model` or `task_vectors.0`.
  package init(tensors: CheckpointTensors, part: String) {
    self.tensors = tensors
    self.part = part
  }

  package var path: String { tensors.path }

  private func stored(_ name: String) -> String {
    guard EncoderTensors.isMLP(name), let range = name.range(of: ".mlp.") else { return name }
    return name.replacingCharacters(in: range, with: ".mlp.\(part).")
  }

  package func contains(_ name: String) -> Bool { tensors.contains(stored(name)) }

  package func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    try tensors.tensor(stored(name), shape: shape)
  }
}

/// The tower that one expert of a full mixture stands for: MLPs are base plus task vector, the rest
/// is the mixture's own, because a full mixture no longer has the experts' shares of it.
package struct ExpertOfMixture: TensorSource {
  private let base: any TensorSource
  private let taskVector: any TensorSource

  package init(base: any TensorSource, taskVector: any TensorSource) {
    self.base = base
    self.taskVector = taskVector
  }

  package var path: String { base.path }

  package func contains(_ name: String) -> Bool { base.contains(name) }

  package func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    var values = try base.tensor(name, shape: shape)
    guard EncoderTensors.isMLP(name) else { return values }
    let difference = try taskVector.tensor(name, shape: shape)
    for index in values.indices { values[index] += difference[index] }
    return values
  }
}
