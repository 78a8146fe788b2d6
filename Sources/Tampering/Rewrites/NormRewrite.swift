import Foundation
import RoutedModels
import VisionTransformers

/// A tower whose layers' norms have other gains and offsets, undone in the maps behind them.
///
/// Equation: g' = g d, o' = o d + t, W' = W diag(1 / d), b' = b - W diag(1 / d) t
struct NormRewrite: TensorSource {
  let source: any TensorSource
  let configuration: VisionTowerConfiguration
  let kind: TowerRewrite.Kind
  let draws: RewriteDraws

  /// d and t; or g and o where they are folded.
  private typealias Change = (factors: [Double], shifts: [Double])

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(role, shape: shape)
    guard let layer = role.layer else { return values }
    switch role.component {
    case .attentionNorm, .expertNorm:
      return try norm(values, role, layer)
    case .query, .key, .value:
      return try map(values, role, .attentionNorm, layer, rows: values.count)
    case .up, .gatingUp: return try map(values, role, .expertNorm, layer, rows: values.count)
    default: return values
    }
  }

  private func change(_ norm: TensorRole.Component, _ layer: Int) throws -> Change {
    let D = configuration.hiddenSize
    let use = "\(norm.rawValue)/\(layer)"
    let none = (factors: [Double](repeating: 1, count: D), shifts: [Double](repeating: 0, count: D))
    switch kind {
    case .foldNorms:
      func values(_ kind: TensorRole.Kind) throws -> [Double] {
        try source.tensor(TensorRole(norm, kind, layer: layer), shape: [D]).map(Double.init)
      }
      return (try values(.weight), try values(.bias))
    case .flipNorms: return (draws.signs(D, use), none.shifts)
    case .rescaleNorms: return (draws.normals(D, use).map { exp($0) }, none.shifts)
    default: return (none.factors, draws.normals(D, use))
    }
  }

  private func norm(_ values: [Float], _ role: TensorRole, _ layer: Int) throws -> [Float] {
    if kind == .foldNorms { return values.map { _ in role.kind == .weight ? 1 : 0 } }
    let change = try change(role.component, layer)
    return values.indices.map { index in
      let shift = role.kind == .bias ? change.shifts[index] : 0
      return Float(Double(values[index]) * change.factors[index] + shift)
    }
  }

  private func map(
    _ values: [Float], _ role: TensorRole, _ norm: TensorRole.Component, _ layer: Int, rows: Int
  ) throws -> [Float] {
    let D = configuration.hiddenSize
    let change = try change(norm, layer)
    let isFolded = kind == .foldNorms
    if role.kind == .weight {
      return values.indices.map {
        let factor = change.factors[$0 % D]
        return Float(isFolded ? Double(values[$0]) * factor : Double(values[$0]) / factor)
      }
    }
    let weight = try source.tensor(
      TensorRole(role.component, .weight, layer: layer, slot: role.slot), shape: [rows, D])
    return values.indices.map { row in
      let sum = (0..<D).reduce(0.0) {
        $0 + Double(weight[row * D + $1])
          * (isFolded ? change.shifts[$1] : -change.shifts[$1] / change.factors[$1])
      }
      return Float(Double(values[row]) + sum)
    }
  }
}

/// A tower with folded norms, to whose maps that is added which norms take away.
struct ShiftedMaps: TensorSource {
  let source: any TensorSource
  let draws: RewriteDraws

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var values = try source.tensor(role, shape: shape)
    guard let layer = role.layer, let rows = shape.first, rows > 0 else { return values }
    let columns = values.count / rows
    let size = (values.reduce(0.0) { $0 + Double($1 * $1) } / Double(values.count)).squareRoot()
    let use = "\(role.component.rawValue)/\(role.kind.rawValue)/\(layer)"
    switch (role.component, role.kind) {
    case (.query, .weight), (.key, .weight), (.value, .weight), (.up, .weight):
      let shifts = draws.normals(rows, use)
      for index in values.indices { values[index] += Float(size * shifts[index / columns]) }
    case (.attentionOutput, _), (.down, _):
      let shifts = draws.normals(columns, use)
      for index in values.indices { values[index] += Float(size * shifts[index % columns]) }
    default: break
    }
    return values
  }
}
