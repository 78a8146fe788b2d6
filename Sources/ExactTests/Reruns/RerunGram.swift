import Diagnostics

/// The inner products of a suspect, a victim and its re-runs, layer by layer.
///
/// Equation: G_l[a, b] = <r_a, r_b> of responses, task vectors or centred router logits of layer l
/// Shapes: each layer is `[side, side]`, row by row, in the order suspect; F fixed directions;
/// victim V_0; re-runs V_1...V_K; side = 1 + F + 1 + K.
/// Fixed directions are projected out of everything and never ranked: the base's own response, or
/// the runs that a sequential test measures by. Masks are applied before, the same on all sides.
public struct RerunGram: Sendable, Hashable {
  /// The largest magnitude of an entry.
  public static let magnitudeLimit = 1e150
  /// A cosine of two runs above 1 less this is one run given twice.
  public static let identityTolerance = 1e-9

  /// F.
  public let fixedCount: Int
  /// Inner products, one matrix a layer.
  public let layers: [[Double]]

  /// 1 + F + 1 + K.
  public let side: Int
  /// K.
  public var rerunCount: Int { side - 2 - fixedCount }

  /// Checks and keeps inner products.
  ///
  /// - Throws: ``ExactTestError`` naming layer and entry, or two runs that are one.
  public init(layers: [[Double]], fixedCount: Int = 0) throws(ExactTestError) {
    guard fixedCount >= 0, fixedCount < Int.max - 2 else {
      throw .valueOutOfRange(name: "fixed_count", range: "at least 0", actual: "\(fixedCount)")
    }
    let count = layers.first?.count ?? 0
    let side = Int(Double(count).squareRoot().rounded())
    guard count > 0, side * side == count else {
      throw .wrongGramSize(layer: 0, expected: "a square number of", actual: count)
    }
    guard side >= 3, side - 3 >= fixedCount else { throw .noReruns }
    self.fixedCount = fixedCount
    self.layers = layers
    self.side = side
    try validate()
    if let (first, second) = identicalRuns { throw .identicalRuns(first: first, second: second) }
  }

  /// An inner product.
  public func product(layer: Int, _ row: Int, _ column: Int) -> Double {
    layers[layer][row * side + column]
  }

  /// The row of V_k.
  public func row(ofRun run: Int) -> Int { 1 + fixedCount + run }

  private func validate() throws(ExactTestError) {
    for (layer, matrix) in layers.enumerated() {
      guard matrix.count == side * side else {
        throw .wrongGramSize(layer: layer, expected: "\(side * side)", actual: matrix.count)
      }
      for (index, value) in matrix.enumerated() where !(abs(value) <= Self.magnitudeLimit) {
        throw .notFinite(name: "inner products of layer \(layer)", index: index, value: "\(value)")
      }
      for row in 0..<side {
        for column in 0...row {
          let (value, mirrored) = (matrix[row * side + column], matrix[column * side + row])
          guard value == mirrored else {
            throw .gramNotSymmetric(
              layer: layer, row: row, column: column, first: value, second: mirrored)
          }
          let squares = (matrix[row * side + row], matrix[column * side + column])
          let limit = max(squares.0, 0).squareRoot() * max(squares.1, 0).squareRoot()
          // Sums of products of Floats are this far from Cauchy and Schwarz at most.
          guard abs(value) <= limit * (1 + 1e-6) else {
            throw .impossibleProduct(
              layer: layer, row: row, column: column, value: value, limit: limit)
          }
        }
      }
    }
  }

  private var identicalRuns: (Int, Int)? {
    for first in 0...rerunCount {
      for second in 0..<first {
        let (a, b) = (row(ofRun: first), row(ofRun: second))
        var differs = false
        var hasLength = false
        for layer in layers.indices where !differs {
          let (u, w) = (product(layer: layer, a, a), product(layer: layer, b, b))
          guard u > 0 || w > 0 else { continue }
          hasLength = true
          let limit = (1 - Self.identityTolerance) * u.squareRoot() * w.squareRoot()
          // Multiples are not equal weights: the squares have to agree as well.
          differs =
            product(layer: layer, a, b) <= limit || abs(u - w) > Self.identityTolerance * max(u, w)
        }
        if hasLength, !differs { return (second, first) }
      }
    }
    return nil
  }
}

extension RerunGram: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case layers
    case fixedCount = "fixed_count"
  }

  /// Reads and checks inner products.
  ///
  /// - Throws: ``ExactTestError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      layers: try container.decode([[Double]].self, forKey: .layers),
      fixedCount: try container.decode(Int.self, forKey: .fixedCount))
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(layers, forKey: .layers)
    try container.encode(fixedCount, forKey: .fixedCount)
  }
}
