import Foundation
import RoutedModels
import VisionTransformers

/// A tower whose attention has its heads, their axes, or its biases elsewhere.
struct HeadRewrite: TensorSource {
  let source: any TensorSource
  let configuration: VisionTowerConfiguration
  let kind: TowerRewrite.Kind
  let draws: RewriteDraws

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(role, shape: shape)
    switch kind {
    case .permuteHeads: return permuted(values, role)
    case .turnHeads: return turned(values, role)
    default: return try moved(values, role)
    }
  }

  private var headSize: Int { configuration.hiddenSize / configuration.attentionHeadCount }

  private func permuted(_ values: [Float], _ role: TensorRole) -> [Float] {
    guard let layer = role.layer else { return values }
    let D = configuration.hiddenSize
    let rows = draws.order(configuration.attentionHeadCount, "heads/\(layer)")
      .flatMap { $0 * headSize..<($0 + 1) * headSize }
    switch (role.component, role.kind) {
    case (.query, _), (.key, _), (.value, _):
      let width = values.count / D
      return rows.flatMap { values[$0 * width..<($0 + 1) * width] }
    case (.attentionOutput, .weight):
      return (0..<D).flatMap { row in rows.map { values[row * D + $0] } }
    default: return values
    }
  }

  /// Queries times 2 R, keys times R / 2; values times 2 R', outputs times R'^T / 2.
  private func turned(_ values: [Float], _ role: TensorRole) -> [Float] {
    guard let layer = role.layer else { return values }
    let (D, d) = (configuration.hiddenSize, headSize)
    func rotation(_ use: String, _ head: Int) -> [Double] {
      draws.rotation(d, "\(use)/\(layer)/\(head)")
    }
    /// Rows of each head times a rotation and a number.
    func rows(_ use: String, _ factor: Double) -> [Float] {
      let width = values.count / D
      return (0..<configuration.attentionHeadCount).flatMap { head -> [Float] in
        let matrix = rotation(use, head)
        return (0..<d * width).map { index in
          let sum = (0..<d).reduce(0.0) {
            $0 + matrix[index / width * d + $1]
              * Double(values[(head * d + $1) * width + index % width])
          }
          return Float(factor * sum)
        }
      }
    }
    switch (role.component, role.kind) {
    case (.query, _): return rows("scores", 2)
    case (.key, _): return rows("scores", 0.5)
    case (.value, _): return rows("values", 2)
    case (.attentionOutput, .weight):
      let matrices = (0..<configuration.attentionHeadCount).map { rotation("values", $0) }
      return values.indices.map { index in
        let (row, head, axis) = (index / D, index % D / d, index % D % d)
        let sum = (0..<d).reduce(0.0) {
          $0 + Double(values[row * D + head * d + $1]) * matrices[head][axis * d + $1]
        }
        return Float(sum / 2)
      }
    default: return values
    }
  }

  /// The values' bias goes through the output map, keys get any bias, tokens that are only ever added
  /// change places.
  private func moved(_ values: [Float], _ role: TensorRole) throws -> [Float] {
    let D = configuration.hiddenSize
    let T = configuration.tokenCount
    switch (role.component, role.kind) {
    case (.value, .bias): return values.map { _ in 0 }
    case (.key, .bias): return draws.normals(D, "key/\(role.layer ?? 0)").map { Float($0) }
    case (.attentionOutput, .bias):
      let weight = try source.tensor(
        TensorRole(.attentionOutput, .weight, layer: role.layer), shape: [D, D])
      let bias = try source.tensor(TensorRole(.value, .bias, layer: role.layer), shape: [D])
      return values.indices.map { row in
        let sum = (0..<D).reduce(0.0) { $0 + Double(weight[row * D + $1]) * Double(bias[$1]) }
        return Float(Double(values[row]) + sum)
      }
    case (.classEmbedding, _), (.patchEmbedding, .bias): return values.map { _ in 0 }
    case (.positionEmbedding, _):
      let first = configuration.hasClassToken ? 1 : 0
      let token =
        first > 0 ? try source.tensor(TensorRole(.classEmbedding), shape: [D]) : []
      let bias =
        configuration.hasPatchBias
        ? try source.tensor(TensorRole(.patchEmbedding, .bias), shape: [D]) : []
      return (0..<T * D).map { index in
        let added = index < first * D ? token : bias
        return values[index] + (added.isEmpty ? 0 : added[index % D])
      }
    default: return values
    }
  }
}

/// A tower in which the attention of a layer and its MLP are layers of their own.
struct SplitLayers: TensorSource {
  let source: any TensorSource
  let configuration: VisionTowerConfiguration
  let draws: RewriteDraws

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(own(role)) }

  private func own(_ role: TensorRole) -> TensorRole {
    TensorRole(role.component, role.kind, layer: role.layer.map { $0 / 2 }, slot: role.slot)
  }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(own(role), shape: shape)
    guard let layer = role.layer else { return values }
    let isFeedForward = role.isExpert || role.component == .expertNorm
    // Even layers keep their attention, odd ones their MLP.
    if (layer % 2 == 1) == isFeedForward { return values }
    if role.component == .down || role.component == .attentionOutput {
      return values.map { _ in 0 }
    }
    let size = (values.reduce(0.0) { $0 + Double($1 * $1) } / Double(values.count)).squareRoot()
    return draws.normals(values.count, "\(role.component.rawValue)/\(role.kind.rawValue)/\(layer)")
      .map { Float($0 * size) }
  }
}
