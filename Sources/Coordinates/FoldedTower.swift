import RoutedModels
import Synchronization
import VisionTransformers

/// A tower in a base's coordinates of the residual stream, the gains and offsets of its norms folded into
/// the maps behind them: the same function.
///
/// Equation: W' = W diag(g) C^T, b' = b + W o for a map behind a norm of gain g and offset o, C the change
/// of coordinates; W' = C W / s for a map that writes to the stream. The norms are left with gain 1 and
/// offset 0. The last norm is folded where the map behind it has a bias, which CLIP's projection has not.
///
/// Tensors are computed when they are asked for; folded biases are kept, because each needs the whole map.
/// Zeros of a map stay zeros unless the stream is rotated. Numerics: biases in Double.
public struct FoldedTower: TensorSource {
  private struct Norm: Sendable {
    let gain: [Float]
    let offset: [Float]
  }

  private let source: any TensorSource
  private let stream: StreamMap
  private let blocks: LiveBlocks
  private let width: Int
  private let attentionNorms: [Norm]
  private let expertNorms: [Norm]
  /// `nil` when it is not folded.
  private let finalNorm: Norm?
  private let biases = KnownBiases()

  init(
    _ source: any TensorSource, _ configuration: VisionTowerConfiguration, stream: StreamMap,
    blocks: LiveBlocks
  ) throws {
    let D = configuration.hiddenSize
    func norm(_ component: TensorRole.Component, _ layer: Int?) throws -> Norm {
      Norm(
        gain: try source.tensor(TensorRole(component, .weight, layer: layer), shape: [D]),
        offset: try source.tensor(TensorRole(component, .bias, layer: layer), shape: [D]))
    }
    self.source = source
    self.stream = stream
    self.blocks = blocks
    width = D
    attentionNorms = try blocks.attention.map { try norm(.attentionNorm, $0) }
    expertNorms = try blocks.feedForward.map { try norm(.expertNorm, $0) }
    finalNorm = configuration.pooling == .attention ? try norm(.finalNorm, nil) : nil
  }

  /// The tower's path.
  public var path: String { source.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { source.name(of: role) }

  /// Whether the tower has the tensor.
  public func contains(_ role: TensorRole) -> Bool { source.contains(own(role)) }

  /// The gain of the norm before a layer's experts, in the suspect's coordinates.
  func expertGain(layer: Int) -> [Float] { expertNorms[layer].gain }

  /// Gains and offsets of all norms of the layers, in the base's order of channels.
  var norms: [[Float]] {
    (attentionNorms + expertNorms).map {
      stream.vector($0.gain, isSigned: true) + stream.vector($0.offset, isSigned: false)
    }
  }

  /// The tower's tensor in the base's coordinates.
  ///
  /// - Throws: the source's errors.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let D = width
    func values() throws -> [Float] { try source.tensor(own(role), shape: shape) }
    switch role.component {
    case .attentionNorm, .expertNorm: return norm(role)
    case .query, .key, .value:
      return try read(role, attentionNorms[role.layer ?? 0], rows: D, values)
    case .up, .gatingUp:
      return try read(role, expertNorms[role.layer ?? 0], rows: shape.first ?? 0, values)
    case .attentionOutput, .down: return stream.writer(try values(), width: D)
    case .classEmbedding, .patchEmbedding: return stream.embedding(try values(), width: D)
    case .positionEmbedding: return stream.embeddedTokens(try values(), width: D)
    case .embeddingNorm:
      return stream.embeddingNorm(try values(), isGain: role.kind == .weight)
    case .finalNorm:
      if finalNorm != nil { return norm(role) }
      return stream.vector(try values(), isSigned: role.kind == .weight)
    case .projection:
      guard case .channels(let channels) = stream.axes else { return try values() }
      let stored = try values()
      return (0..<stored.count / D).flatMap { row in channels.map { stored[row * D + $0] } }
    case .poolingInput: return try pooled(role, shape, try values())
    default: return try values()
    }
  }

  private func norm(_ role: TensorRole) -> [Float] {
    [Float](repeating: role.kind == .weight ? 1 : 0, count: width)
  }

  /// The role in the tower itself, which may have more layers.
  private func own(_ role: TensorRole) -> TensorRole {
    guard let layer = role.layer else { return role }
    let isFeedForward = role.isExpert || role.component == .expertNorm
    let layers = isFeedForward ? blocks.feedForward : blocks.attention
    return TensorRole(
      role.component, role.kind, layer: layers.indices.contains(layer) ? layers[layer] : layer,
      slot: role.slot)
  }

  /// A map behind a norm, or its bias.
  private func read(
    _ role: TensorRole, _ norm: Norm, rows: Int, _ values: () throws -> [Float]
  ) throws -> [Float] {
    if role.kind == .weight { return stream.reader(try values(), gain: norm.gain) }
    if let known = biases.values.withLock({ $0[role] }) { return known }
    let map = TensorRole(role.component, .weight, layer: role.layer, slot: role.slot)
    let weight = try source.tensor(own(map), shape: [rows, width])
    let result = Self.bias(try values(), weight, norm.offset)
    biases.values.withLock { $0[role] = result }
    return result
  }

  /// b + W o.
  private static func bias(
    _ bias: [Float], _ weight: [Float], _ offset: [Float]
  ) -> [Float] {
    let width = offset.count
    return bias.indices.map { row in
      var sum = Double(bias[row])
      for index in 0..<width {
        sum += Double(weight[row * width + index]) * Double(offset[index])
      }
      return Float(sum)
    }
  }

  /// The maps of attention pooling: the query reads the probe, key and value the last norm.
  private func pooled(_ role: TensorRole, _ shape: [Int], _ values: [Float]) throws -> [Float] {
    guard let finalNorm else { return values }
    let D = width
    if role.kind == .weight {
      return values[..<(D * D)] + stream.reader(Array(values[(D * D)...]), gain: finalNorm.gain)
    }
    let weight = try source.tensor(TensorRole(.poolingInput), shape: [3 * D, D])
    return values[..<D]
      + Self.bias(Array(values[D...]), Array(weight[(D * D)...]), finalNorm.offset)
  }
}

/// Biases that were folded before.
private final class KnownBiases: Sendable {
  let values = Mutex<[TensorRole: [Float]]>([:])
}
