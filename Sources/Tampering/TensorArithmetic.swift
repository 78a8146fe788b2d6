import Checkpoints
import Foundation
import RoutedModels
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
