import DecoderModels
import Tensors

/// The tokens of which a router's rows were made.
///
/// Orthogonal matching pursuit (Pati et al., 1993): the embedding nearest to what is left is taken, the row is
/// fitted again by all that were taken, until little is left.
/// A `hidden` row of layer 0 is the mean of its prompts' last tokens, a `cheap_embed` row the sum of all tokens.
public struct PromptDecoding: Sendable, Hashable {
  /// A token and how much of it the row has, in units of embeddings.
  public struct Token: Sendable, Hashable {
    /// The token's number.
    public let id: Int
    /// Its factor.
    public let factor: Double
  }

  /// The tokens, the largest factor first.
  public let tokens: [Token]
  /// The share of the row's length that they leave over.
  public let residual: Double

  /// Below this share a row is explained.
  static let enough = 0.02

  /// Decodes the rows of a layer's router together, so that embeddings are read once a step.
  ///
  /// - Parameters:
  ///   - rows: `[E, D]`.
  ///   - embedding: `[V, D]`.
  ///   - steps: the most tokens of a row.
  /// - Throws: what reading the embedding throws.
  public static func decode(
    _ rows: [[Float]], embedding: MatrixSlice, steps: Int, pool: WorkerPool = WorkerPool()
  ) throws -> [PromptDecoding] {
    let D = embedding.columns
    let responder = ExpertResponder(kernels: Kernels(), pool: pool)
    var states = rows.map { PursuitState($0.map(Double.init)) }
    let blocks = ExpertResponder.blocks(rows: embedding.rows, columns: D)
    for _ in 0..<steps where states.contains(where: { !$0.isDone }) {
      let rests = states.flatMap { $0.rest.map(Float.init) }
      let taken = states.map { Set($0.taken.map(\.id)) }
      let found = try pool.map(blocks.count) { index in
        let values = try embedding.floats(rows: blocks[index])
        embedding.giveBack(rows: blocks[index])
        return nearest(
          values, first: blocks[index].lowerBound, width: D, taken: taken,
          products: responder.multiply(values, columns: D, rests, rows.count))
      }
      for index in states.indices {
        let best = found.map { $0[index] }.max { $0.value < $1.value }
        guard let best, best.value > 0 else { continue }
        let vector = try embedding.floats(rows: best.id..<best.id + 1)
        states[index].take(best.id, vector.map(Double.init))
      }
    }
    return states.map(\.result)
  }

  /// For every row the embedding of a block whose direction what is left has most of.
  ///
  /// Prompts are added and never subtracted, so products below 0 do not count.
  private static func nearest(
    _ values: [Float], first: Int, width D: Int, taken: [Set<Int>], products: [Float]
  ) -> [(id: Int, value: Float)] {
    let E = taken.count
    var best = [(id: Int, value: Float)](repeating: (first, 0), count: E)
    for place in 0..<(D > 0 ? values.count / D : 0) {
      var square: Float = 0
      for index in place * D..<(place + 1) * D { square += values[index] * values[index] }
      guard square > 0 else { continue }
      let scale = 1 / square.squareRoot()
      for row in 0..<E where products[place * E + row] * scale > best[row].value {
        if !taken[row].contains(first + place) {
          best[row] = (first + place, products[place * E + row] * scale)
        }
      }
    }
    return best
  }
}

private struct PursuitState {
  let row: [Double]
  private let length: Double
  private(set) var taken: [(id: Int, vector: [Double])] = []
  private var factors: [Double] = []
  private(set) var rest: [Double]

  init(_ row: [Double]) {
    self.row = row
    rest = row
    length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private var restLength: Double { rest.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  var isDone: Bool { restLength <= PromptDecoding.enough * length }

  mutating func take(_ id: Int, _ vector: [Double]) {
    guard !isDone else { return }
    taken.append((id, vector))
    // Least squares by normal equations; a few tokens, so the cost does not matter.
    let count = taken.count
    var equations = (0..<count).map { a in
      (0..<count).map { b in zip(taken[a].vector, taken[b].vector).reduce(0) { $0 + $1.0 * $1.1 } }
        + [zip(taken[a].vector, row).reduce(0) { $0 + $1.0 * $1.1 }]
    }
    for column in 0..<count {
      guard
        let pivot = (column..<count).max(by: {
          abs(equations[$0][column]) < abs(equations[$1][column])
        }), equations[pivot][column] != 0
      else { return }
      equations.swapAt(column, pivot)
      for line in 0..<count where line != column {
        let factor = equations[line][column] / equations[column][column]
        for place in column...count { equations[line][place] -= factor * equations[column][place] }
      }
    }
    factors = (0..<count).map { equations[$0][count] / equations[$0][$0] }
    rest = row
    for (token, factor) in zip(taken, factors) {
      for index in rest.indices { rest[index] -= factor * token.vector[index] }
    }
  }

  var result: PromptDecoding {
    let tokens = zip(taken, factors).map { PromptDecoding.Token(id: $0.id, factor: $1) }
    return PromptDecoding(
      tokens: tokens.sorted { $0.factor > $1.factor },
      residual: length > 0 ? restLength / length : 0)
  }
}
