import RoutedModels
import Tensors

/// The linear maps of a tower whose norms are folded, with the gains of a reference's norms taken out again.
///
/// Equation: W = W_folded diag(g)^-1, g the reference's gain of the norm before the map
/// A channel whose gain is 0 says nothing about W and is left as it is.
struct UnfoldedMaps: TensorSource {
  let source: any TensorSource
  let reference: any TensorSource
  let width: Int

  var path: String { source.path }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var values = try source.tensor(role, shape: shape)
    let norm: TensorRole.Component? =
      switch role.component {
      case .up, .gatingUp: .expertNorm
      case .query, .key, .value: .attentionNorm
      default: nil
      }
    guard let norm, role.kind == .weight, shape.last == width else { return values }
    let gain = try reference.tensor(
      TensorRole(norm, .weight, layer: role.layer), shape: [width])
    for index in values.indices where gain[index % width] != 0 {
      values[index] /= gain[index % width]
    }
    return values
  }
}
