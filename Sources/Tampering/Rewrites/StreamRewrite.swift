import RoutedModels
import VisionTransformers

/// A tower that writes its residual stream in other coordinates.
struct StreamRewrite: TensorSource {
  /// What the stream is multiplied by: a power of 2, which rounds nothing.
  static let factor = -2.0

  private let source: any TensorSource
  private let configuration: VisionTowerConfiguration
  /// Channel i is channel `order[i]` of the source.
  private let order: [Int]?
  /// `[D, D]`.
  private let rotation: [Double]?

  init(
    source: any TensorSource, configuration: VisionTowerConfiguration, kind: TowerRewrite.Kind,
    draws: RewriteDraws
  ) {
    self.source = source
    self.configuration = configuration
    let D = configuration.hiddenSize
    order = kind == .permuteChannels ? draws.order(D, "channels") : nil
    rotation = kind == .rotateStream ? draws.rotationKeepingMean(D, "stream") : nil
  }

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(role, shape: shape)
    let D = configuration.hiddenSize
    switch role.component {
    case .classEmbedding, .patchEmbedding, .attentionOutput, .down: return written(values)
    case .positionEmbedding:
      return flipped(written(flipped(values, columns: D)), columns: values.count / D)
    case .embeddingNorm:
      // Its tokens have the stream's sign already.
      return normed(values, role.kind == .weight ? Self.factor.magnitude : Self.factor)
    case .attentionNorm, .expertNorm, .finalNorm:
      return rotation == nil
        ? normed(values, role.kind == .weight && Self.factor < 0 ? -1 : 1)
        : folded(role, values)
    case .query, .key, .value, .up, .gatingUp, .projection:
      return role.kind == .weight ? read(values, from: 0) : values
    case .poolingInput:
      guard role.kind == .weight else {
        return rotation == nil ? values : try pooledBias(values)
      }
      let own =
        rotation == nil
        ? values : try scaledByFinalNorm(values, from: D * D)
      return read(own, from: D * D)
    default: return values
    }
  }

  /// A tensor `[D, N]` that writes to the stream.
  private func written(_ values: [Float]) -> [Float] {
    let D = configuration.hiddenSize
    let columns = values.count / D
    if let order {
      return order.flatMap { values[$0 * columns..<($0 + 1) * columns] }
    }
    if let rotation {
      return (0..<values.count).map { index in
        let (row, column) = (index / columns, index % columns)
        return Float(
          (0..<D).reduce(0.0) {
            $0 + rotation[row * D + $1] * Double(values[$1 * columns + column])
          })
      }
    }
    return values.map { $0 * Float(Self.factor) }
  }

  /// A map `[N, D]` that reads the normalised stream, from an element on.
  private func read(_ values: [Float], from start: Int) -> [Float] {
    let D = configuration.hiddenSize
    return values.indices.map { index in
      guard index >= start else { return values[index] }
      let (row, column) = (index / D * D, index % D)
      if let order { return values[row + order[column]] }
      if let rotation {
        return Float(
          (0..<D).reduce(0.0) { $0 + Double(values[row + $1]) * rotation[column * D + $1] })
      }
      return values[index]
    }
  }

  /// Gain or offset of a norm, renumbered or multiplied.
  private func normed(_ values: [Float], _ factor: Double) -> [Float] {
    if let order { return order.map { values[$0] } }
    return values.map { $0 * Float(factor) }
  }

  private func flipped(_ values: [Float], columns: Int) -> [Float] {
    let rows = values.count / columns
    return (0..<columns).flatMap { column in (0..<rows).map { values[$0 * columns + column] } }
  }

  // MARK: The last norm, which a rotation needs folded

  private func folded(_ role: TensorRole, _ values: [Float]) -> [Float] {
    role.component == .finalNorm ? values.map { _ in role.kind == .weight ? 1 : 0 } : values
  }

  private func finalNorm(_ kind: TensorRole.Kind) throws -> [Float] {
    try source.tensor(TensorRole(.finalNorm, kind), shape: [configuration.hiddenSize])
  }

  private func scaledByFinalNorm(_ values: [Float], from start: Int) throws -> [Float] {
    let gain = try finalNorm(.weight)
    return values.indices.map {
      $0 < start ? values[$0] : values[$0] * gain[$0 % configuration.hiddenSize]
    }
  }

  private func pooledBias(_ values: [Float]) throws -> [Float] {
    let D = configuration.hiddenSize
    let offset = try finalNorm(.bias)
    let weight = try source.tensor(TensorRole(.poolingInput), shape: [3 * D, D])
    return values.indices.map { row in
      guard row >= D else { return values[row] }
      let sum = (0..<D).reduce(0.0) { $0 + Double(weight[row * D + $1]) * Double(offset[$1]) }
      return Float(Double(values[row]) + sum)
    }
  }
}
