import RoutedModels
import Statistics
import Tensors
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
      let comparison = HeadComparison(other, own)
      let inPlace = (0..<H).allSatisfy { comparison.cosine($0, $0) >= Self.sameHead }
      let places =
        inPlace
        ? Array(0..<H)
        : Assignment.maximising(
          (0..<H).map { head in (0..<H).map { comparison.cosine(head, $0) } }
        ).enumerated().map { $0.element ?? $0.offset }
      layers.append(
        places.enumerated().map { head, place in
          let axes = comparison.axes(head, place)
          let cosine = comparison.cosine(head, place)
          if place != head { moved += 1 }
          if cosine >= Self.sameHead, axes.scores != nil || axes.values != nil {
            turned += 1
          }
          sum += cosine
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
  /// The maps whose products a head is: each `[D, D]`, a head's rows beside each other.
  enum Pair: CaseIterable {
    case scores, values
  }

  let width: Int
  let size: Int
  private let query, key, value: [Float]
  /// Transposed, so that a head has rows here as well.
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

  func maps(_ pair: Pair) -> [[Float]] {
    switch pair {
    case .scores: [query, key]
    case .values: [value, output]
    }
  }
}

/// What the heads of a reference's layer have in common with those of a model's.
private struct HeadComparison {
  private struct Products {
    /// A B^T of both maps of a pair, `[D, D]`: reference with model, and each with itself.
    let across: [[Float]]
    let reference: [[Float]]
    let model: [[Float]]
  }

  private let width: Int
  private let size: Int
  private let scores: Products
  private let values: Products

  init(_ reference: AttentionHeads, _ model: AttentionHeads) {
    func products(_ pair: AttentionHeads.Pair) -> Products {
      let (own, other) = (reference.maps(pair), model.maps(pair))
      func all(_ a: [[Float]], _ b: [[Float]]) -> [[Float]] {
        zip(a, b).map { Self.product($0, $1, width: reference.width) }
      }
      return Products(across: all(own, other), reference: all(own, own), model: all(other, other))
    }
    width = reference.width
    size = reference.size
    scores = products(.scores)
    values = products(.values)
  }

  private static func product(_ a: [Float], _ b: [Float], width: Int) -> [Float] {
    let result = FloatStorage(count: width * width)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return }
        Kernels().multiply(
          rows: width, columns: width, inner: width, a, rowStride: width, columnStride: 1, b,
          rowStride: 1, columnStride: width, into: result.pointer, stride: width)
      }
    }
    return result.elements
  }

  /// The products of the rows of two heads, `[d, d]`.
  private func block(_ products: [Float], _ head: Int, _ other: Int) -> [Double] {
    (0..<size * size).map { index in
      Double(products[(head * size + index / size) * width + other * size + index % size])
    }
  }

  /// The cosine of two heads' products Q^T K and O V, the mean of both.
  func cosine(_ head: Int, _ other: Int) -> Double {
    // <A^T B, C^T D> is the sum over entries of A C^T and B D^T.
    func inner(_ products: [[Float]], _ a: Int, _ b: Int) -> Double {
      zip(block(products[0], a, b), block(products[1], a, b)).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return [scores, values].reduce(0.0) { sum, products in
      let scale =
        (inner(products.reference, head, head) * inner(products.model, other, other)).squareRoot()
      return sum + (scale > 0 ? inner(products.across, head, other) / scale : 0) / 2
    }
  }

  /// The rotations that bring the model's head into the axes of the reference's; `nil` where it is in them.
  func axes(_ head: Int, _ other: Int) -> (scores: [Double]?, values: [Double]?) {
    func turn(_ products: Products) -> [Double]? {
      func sum(_ products: [[Float]], _ a: Int, _ b: Int) -> [Double] {
        zip(block(products[0], a, b), block(products[1], a, b)).map(+)
      }
      func trace(_ matrix: [Double]) -> Double {
        stride(from: 0, to: matrix.count, by: size + 1).reduce(0) { $0 + matrix[$1] }
      }
      let across = sum(products.across, head, other)
      let scale =
        (trace(sum(products.reference, head, head)) * trace(sum(products.model, other, other)))
        .squareRoot()
      guard scale > 0, trace(across) < HeadMatching.sameAxes * scale else { return nil }
      return OrthogonalFit.nearest(to: across, size: size)
    }
    return (turn(scores), turn(values))
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
