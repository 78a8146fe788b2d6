import Checkpoints
import Foundation
import VisionTransformers

/// A model whose tensors are changed one by one when they are asked for.
struct EditedTensors: TensorSource {
  let source: any TensorSource
  let edit: @Sendable (_ name: String, _ shape: [Int], _ values: [Float]) throws -> [Float]

  var path: String { source.path }

  func contains(_ name: String) -> Bool { source.contains(name) }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    try edit(name, shape, try source.tensor(name, shape: shape))
  }
}

/// The mean of several models, summed in the order given.
struct MeanTensors: TensorSource {
  let first: any TensorSource
  let others: [any TensorSource]

  var path: String { first.path }

  func contains(_ name: String) -> Bool {
    first.contains(name) && others.allSatisfy { $0.contains(name) }
  }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    var sum = try first.tensor(name, shape: shape)
    for other in others {
      let values = try other.tensor(name, shape: shape)
      for index in sum.indices { sum[index] += values[index] }
    }
    let count = Float(others.count + 1)
    for index in sum.indices { sum[index] /= count }
    return sum
  }
}

/// Another model's tensors in every layer: slot contents after a shuffle.
struct LayerwiseTensors: TensorSource {
  /// One source for each layer.
  let layers: [any TensorSource]
  let path: String

  private func source(of name: String) -> any TensorSource {
    layers[EncoderTensors.layer(of: name) ?? 0]
  }

  func contains(_ name: String) -> Bool { source(of: name).contains(name) }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    try source(of: name).tensor(name, shape: shape)
  }
}

/// The base MLPs or one expert's task vectors of a full mixture, under a tower's names; tensors
/// outside of the MLPs are the mixture's own.
struct MixturePart: TensorSource {
  let tensors: CheckpointTensors
  /// `base_model` or `task_vectors.0`.
  let part: String

  var path: String { tensors.path }

  private func stored(_ name: String) -> String {
    guard EncoderTensors.isMLP(name), let range = name.range(of: ".mlp.") else { return name }
    return name.replacingCharacters(in: range, with: ".mlp.\(part).")
  }

  func contains(_ name: String) -> Bool { tensors.contains(stored(name)) }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    try tensors.tensor(stored(name), shape: shape)
  }
}

/// The tower that one expert of a full mixture stands for: MLPs are base plus task vector, the rest
/// is the mixture's own, because a full mixture no longer has the experts' shares of it.
struct ExpertOfMixture: TensorSource {
  let base: any TensorSource
  let taskVector: any TensorSource

  var path: String { base.path }

  func contains(_ name: String) -> Bool { base.contains(name) }

  func tensor(_ name: String, shape: [Int]) throws -> [Float] {
    var values = try base.tensor(name, shape: shape)
    guard EncoderTensors.isMLP(name) else { return values }
    let difference = try taskVector.tensor(name, shape: shape)
    for index in values.indices { values[index] += difference[index] }
    return values
  }
}
