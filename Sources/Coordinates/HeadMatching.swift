import RoutedModels
import Statistics
import VisionTransformers

/// Which attention heads of a model are which of a base's, and in which axes they compute.
///
/// Equation: a head is its products Q^T K and O V, which no change of axes inside of a head touches;
/// cos(a, b) = (<Q_a^T K_a, Q_b^T K_b> / (|.||.|) + <O_a V_a, O_b V_b> / (|.||.|)) / 2. Heads are assigned
/// one to one; then the axes of each pair are turned by orthogonal Procrustes (Schönemann, 1966).
public struct HeadMatching: Sendable {
  /// A layer's head: where it is in the model, and the rotations of its two pairs of maps.
  struct Head: Sendable {
    let place: Int
    /// Of query and key, `[d, d]`; `nil` for none.
    let scores: [Double]?
    /// Of value and output, `[d, d]`; `nil` for none.
    let values: [Double]?
  }

  /// Below this cosine of a head's own maps with the base's, its axes count as turned.
  static let sameAxes = 0.5
  /// Up to this cosine of products a head counts as another's.
  static let sameHead = 0.5

  let layers: [[Head]]
  /// Heads that are not in their place.
  public let movedCount: Int
  /// Heads that are the base's and compute in other axes.
  public let turnedCount: Int
  /// Heads of all layers.
  public let headCount: Int
  /// The mean cosine of matched heads' products.
  public let meanCosine: Double

  /// Matches the heads of `tower` with those of `reference`, both in the same coordinates of the stream.
  ///
  /// - Precondition: both have as many heads.
  /// - Throws: the sources' errors.
  public init(
    of tower: any TensorSource, with reference: any TensorSource,
    _ configuration: VisionTowerConfiguration
  ) throws {
    var layers: [[Head]] = []
    var (moved, turned, sum) = (0, 0, 0.0)
    let H = configuration.attentionHeadCount
    for layer in 0..<configuration.hiddenLayerCount {
      let own = try AttentionHeads(tower, layer, configuration)
      let other = try AttentionHeads(reference, layer, configuration)
      let cosines = (0..<H).map { head in (0..<H).map { other.cosine(head, own, $0) } }
      let inPlace = (0..<H).allSatisfy { cosines[$0][$0] >= Self.sameHead }
      let places =
        inPlace
        ? Array(0..<H)
        : Assignment.maximising(cosines).enumerated().map { $0.element ?? $0.offset }
      layers.append(
        places.enumerated().map { head, place in
          let axes = other.axes(head, own, place)
          if place != head { moved += 1 }
          if cosines[head][place] >= Self.sameHead, axes.scores != nil || axes.values != nil {
            turned += 1
          }
          sum += cosines[head][place]
          return Head(place: place, scores: axes.scores, values: axes.values)
        })
    }
    self.layers = layers
    movedCount = moved
    turnedCount = turned
    headCount = configuration.hiddenLayerCount * H
    meanCosine = sum / Double(max(headCount, 1))
  }

  /// Whether every head is in its place and its axes.
  public var isIdentity: Bool { movedCount == 0 && turnedCount == 0 }

  /// The tower with its heads in the reference's order and axes: the same function.
  public func aligned(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration
  ) -> any TensorSource {
    isIdentity ? tower : MatchedHeads(source: tower, layers: layers, configuration: configuration)
  }
}

/// The maps of a layer's heads, what norms take away taken away.
private struct AttentionHeads {
  private let width: Int
  private let size: Int
  /// `[D, D]`, a head's rows beside each other.
  private let query, key, value: [Float]
  /// `[D, D]` transposed, so that a head has rows here as well.
  private let output: [Float]

  init(
    _ tower: any TensorSource, _ layer: Int, _ configuration: VisionTowerConfiguration
  ) throws {
    let D = configuration.hiddenSize
    func map(_ component: TensorRole.Component) throws -> [Float] {
      try tower.tensor(TensorRole(component, .weight, layer: layer), shape: [D, D])
    }
    width = D
    size = D / configuration.attentionHeadCount
    query = Centring.rows(try map(.query), columns: D)
    key = Centring.rows(try map(.key), columns: D)
    value = Centring.rows(try map(.value), columns: D)
    output = transposed(
      Centring.columns(try map(.attentionOutput), rows: D), rows: D, columns: D)
  }

  /// A_i B_j^T of the rows of one head of each, `[d, d]`.
  private func products(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> [Double] {
    (0..<size * size).map { index in
      let (row, column) = (
        (i * size + index / size) * width, (j * size + index % size) * width
      )
      var sum = 0.0
      for place in 0..<width { sum += Double(a[row + place]) * Double(b[column + place]) }
      return sum
    }
  }

  /// <A_i^T B_i, C_j^T D_j> from products of rows.
  private func inner(_ first: [Double], _ second: [Double]) -> Double {
    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }

  func cosine(_ head: Int, _ other: AttentionHeads, _ otherHead: Int) -> Double {
    func pair(
      _ first: KeyPath<AttentionHeads, [Float]>, _ second: KeyPath<AttentionHeads, [Float]>
    ) -> Double {
      func product(_ a: AttentionHeads, _ i: Int, _ b: AttentionHeads, _ j: Int) -> Double {
        inner(
          a.products(a[keyPath: first], i, b[keyPath: first], j),
          a.products(a[keyPath: second], i, b[keyPath: second], j))
      }
      let scale =
        (product(self, head, self, head) * product(other, otherHead, other, otherHead))
        .squareRoot()
      return scale > 0 ? product(self, head, other, otherHead) / scale : 0
    }
    return (pair(\.query, \.key) + pair(\.output, \.value)) / 2
  }

  /// The rotations that bring another model's head into the axes of this one; `nil` where it is in them.
  func axes(
    _ head: Int, _ other: AttentionHeads, _ otherHead: Int
  ) -> (scores: [Double]?, values: [Double]?) {
    func turn(
      _ first: KeyPath<AttentionHeads, [Float]>, _ second: KeyPath<AttentionHeads, [Float]>
    ) -> [Double]? {
      let one = products(self[keyPath: first], head, other[keyPath: first], otherHead)
      let two = products(self[keyPath: second], head, other[keyPath: second], otherHead)
      let sum = zip(one, two).map(+)
      let square = { (heads: AttentionHeads, place: Int) in
        let a = heads.products(heads[keyPath: first], place, heads[keyPath: first], place)
        let b = heads.products(heads[keyPath: second], place, heads[keyPath: second], place)
        return stride(from: 0, to: a.count, by: heads.size + 1).reduce(0) { $0 + a[$1] + b[$1] }
      }
      let trace = stride(from: 0, to: sum.count, by: size + 1).reduce(0) { $0 + sum[$1] }
      let scale = (square(self, head) * square(other, otherHead)).squareRoot()
      guard scale > 0, trace < HeadMatching.sameAxes * scale else { return nil }
      return OrthogonalFit.nearest(to: sum, size: size)
    }
    return (turn(\.query, \.key), turn(\.value, \.output))
  }
}

/// A tower whose attention has the heads of a reference.
private struct MatchedHeads: TensorSource {
  let source: any TensorSource
  let layers: [[HeadMatching.Head]]
  let configuration: VisionTowerConfiguration

  var path: String { source.path }

  func name(of role: TensorRole) -> String { source.name(of: role) }

  func contains(_ role: TensorRole) -> Bool { source.contains(role) }

  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let values = try source.tensor(role, shape: shape)
    guard let layer = role.layer else { return values }
    let D = configuration.hiddenSize
    switch role.component {
    case .query, .key: return turned(values, layers[layer], \.scores)
    case .value: return turned(values, layers[layer], \.values)
    case .attentionOutput where role.kind == .weight:
      let rows = turned(
        transposed(values, rows: D, columns: D), layers[layer], \.values)
      return transposed(rows, rows: D, columns: D)
    default: return values
    }
  }

  /// The rows of all heads, each head's turned: R A.
  private func turned(
    _ values: [Float], _ heads: [HeadMatching.Head],
    _ rotation: KeyPath<HeadMatching.Head, [Double]?>
  ) -> [Float] {
    let size = configuration.hiddenSize / configuration.attentionHeadCount
    let width = values.count / configuration.hiddenSize
    return heads.flatMap { head -> [Float] in
      let start = head.place * size * width
      let own = values[start..<start + size * width]
      guard let matrix = head[keyPath: rotation] else { return Array(own) }
      return (0..<size * width).map { index in
        let (row, column) = (index / width, index % width)
        var sum = 0.0
        for place in 0..<size {
          sum += matrix[row * size + place] * Double(own[start + place * width + column])
        }
        return Float(sum)
      }
    }
  }
}
