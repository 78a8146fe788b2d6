import Foundation
import RoutedModels
import VisionTransformers

/// One expert by name, with the tensors of its whole tower.
public struct ExpertTower: Sendable {
  /// The expert's name.
  public let name: String
  /// Its tensors by a plain tower's roles.
  public let tensors: any TensorSource
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  /// Whether the tensors outside of the MLPs are the expert's own; in a full mixture they are a sum.
  public let ownsAttention: Bool

  /// An expert.
  public init(
    name: String, tensors: any TensorSource, configuration: VisionTowerConfiguration,
    ownsAttention: Bool = true
  ) {
    self.name = name
    self.tensors = tensors
    self.configuration = configuration
    self.ownsAttention = ownsAttention
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
      let base = MixturePart(tensors: tensors, slot: .base)
      return (mixture?.experts ?? []).enumerated().map { index, name in
        let taskVector = MixturePart(tensors: tensors, slot: .taskVector(index))
        return ExpertTower(
          name: name, tensors: ExpertOfMixture(base: base, taskVector: taskVector),
          configuration: configuration, ownsAttention: false)
      }
    }
  }
}

/// The base MLPs or one expert's task vectors of a full mixture, by a plain tower's roles; tensors
/// outside of the MLPs are the mixture's own.
package struct MixturePart: TensorSource {
  private let tensors: CheckpointTensors
  private let slot: TensorRole.Slot

  /// - Parameter slot: the base or a task vector.
  package init(tensors: CheckpointTensors, slot: TensorRole.Slot) {
    self.tensors = tensors
    self.slot = slot
  }

  package var path: String { tensors.path }

  package func name(of role: TensorRole) -> String { tensors.name(of: role) }

  package func contains(_ role: TensorRole) -> Bool { tensors.contains(role.inSlot(slot)) }

  package func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try tensors.tensor(role.inSlot(slot), shape: shape)
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

  package func name(of role: TensorRole) -> String { base.name(of: role) }

  package func contains(_ role: TensorRole) -> Bool { base.contains(role) }

  package func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var values = try base.tensor(role, shape: shape)
    guard role.isExpert else { return values }
    let difference = try taskVector.tensor(role, shape: shape)
    for index in values.indices { values[index] += difference[index] }
    return values
  }
}
