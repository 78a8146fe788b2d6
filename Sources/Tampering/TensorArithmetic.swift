import RoutedModels
import VisionTransformers

/// A model whose tensors are changed one by one when they are asked for.
struct EditedTensors: TensorSource {
  let source: any TensorSource
  let edit: @Sendable (_ role: TensorRole, _ shape: [Int], _ values: [Float]) throws -> [Float]

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try edit(role, shape, try source.tensor(role, shape: shape))
  }
}

/// The mean of several models, summed in the order given.
struct MeanTensors: TensorSource {
  let first: any TensorSource
  let others: [any TensorSource]

  var path: String { first.path }

  func name(of role: TensorRole) -> String { first.name(of: role) }

  func contains(_ role: TensorRole) -> Bool {
    first.contains(role) && others.allSatisfy { $0.contains(role) }
  }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var sum = try first.tensor(role, shape: shape)
    for other in others {
      let values = try other.tensor(role, shape: shape)
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

  func name(of role: TensorRole) -> String { source(of: role).name(of: role) }

  private func source(of role: TensorRole) -> any TensorSource {
    layers[role.layer ?? 0]
  }

  func contains(_ role: TensorRole) -> Bool { source(of: role).contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try source(of: role).tensor(role, shape: shape)
  }
}
