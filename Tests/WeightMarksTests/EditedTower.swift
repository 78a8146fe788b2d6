import RoutedModels

/// A tower some of whose tensors are changed.
struct EditedTower: TensorSource {
  let source: any TensorSource
  let edit: @Sendable (_ role: TensorRole, _ shape: [Int], _ values: [Float]) throws -> [Float]

  var path: String { source.path }
  func name(of role: TensorRole) -> String { source.name(of: role) }
  func contains(_ role: TensorRole) -> Bool { source.contains(role) }
  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    try edit(role, shape, try source.tensor(role, shape: shape))
  }
}
