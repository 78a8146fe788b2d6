import RoutedModels
import Tensors

/// The linear maps of a tower whose norms are folded, with the gains of a reference's norms taken out again.
///
/// Equation: W = W_folded diag(g)^-1, g the reference's gain of the norm before the map
/// A channel whose gain is 0 says nothing about W and is left as it is.
///
/// Normalised tokens have mean 0 and norms take the stream's mean away, so a constant along a row of a map
/// behind a norm, or along a column of a map into the stream, changes no output: both are taken out.
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
    guard role.kind == .weight, shape.count == 2 else { return values }
    let (rows, columns) = (shape[0], shape[1])
    if role.component == .down || role.component == .attentionOutput {
      for column in 0..<columns {
        var sum = 0.0
        for row in 0..<rows { sum += Double(values[row * columns + column]) }
        let mean = Float(sum / Double(max(rows, 1)))
        for row in 0..<rows { values[row * columns + column] -= mean }
      }
    }
    guard let norm, columns == width else { return values }
    for row in 0..<rows {
      let place = row * columns..<(row + 1) * columns
      let mean = Float(values[place].reduce(0.0) { $0 + Double($1) } / Double(columns))
      for index in place { values[index] -= mean }
    }
    let gain = try reference.tensor(
      TensorRole(norm, .weight, layer: role.layer), shape: [width])
    for index in values.indices where gain[index % width] != 0 {
      values[index] /= gain[index % width]
    }
    return values
  }
}
