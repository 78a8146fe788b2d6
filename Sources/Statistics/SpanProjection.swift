/// Projects the span of some vectors out of others, given inner products only.
///
/// For vectors o_1...o_m with Gram matrix G_O and any u, w: the parts of u and w orthogonal to
/// the span have the inner product <u, w> - g_u' G_O^+ g_w with g_u = (<o_1, u>, ..., <o_m, u>).
/// Numerics: Cholesky with complete pivoting. Vectors whose remaining square is at most
/// `tolerance` times their own are within the span of those before, up to rounding, and add
/// nothing to it.
public struct SpanProjection: Sendable {
  /// What counts as rounding, relative to a vector's square.
  public static let tolerance = 1e-10

  private let order: [Int]
  private let factor: [[Double]]  // row r: the coefficients of vector order[r], r + 1 of them

  /// The dimension of the span.
  public var rank: Int { order.count }

  /// Factors the Gram matrix of the vectors that span.
  ///
  /// - Parameter gram: `[m, m]`, symmetric and finite.
  public init(gram: [[Double]]) {
    var remaining = gram.indices.map { gram[$0][$0] }
    var coefficients = [[Double]](repeating: [], count: gram.count)
    var order: [Int] = []
    var candidates = Array(gram.indices)
    while true {
      // The share, not the square: a short vector has a direction too.
      candidates.removeAll {
        !(gram[$0][$0] > 0) || remaining[$0] <= Self.tolerance * gram[$0][$0]
      }
      guard
        let pivot = candidates.max(by: {
          remaining[$0] / gram[$0][$0] < remaining[$1] / gram[$1][$1]
        })
      else { break }
      let root = remaining[pivot].squareRoot()
      for index in candidates where index != pivot {
        let inner = zip(coefficients[index], coefficients[pivot]).reduce(0) { $0 + $1.0 * $1.1 }
        let coefficient = (gram[index][pivot] - inner) / root
        coefficients[index].append(coefficient)
        remaining[index] -= coefficient * coefficient
      }
      coefficients[pivot].append(root)
      order.append(pivot)
      candidates.removeAll { $0 == pivot }
    }
    self.order = order
    factor = order.map { coefficients[$0] }
  }

  /// The coordinates of a vector's part within the span, in an orthonormal basis of it.
  ///
  /// - Parameter products: `[m]`, its inner products with the vectors that span.
  public func coordinates(_ products: [Double]) -> [Double] {
    var result: [Double] = []
    for (row, index) in order.enumerated() {
      let known = zip(factor[row], result).reduce(0) { $0 + $1.0 * $1.1 }
      result.append((products[index] - known) / factor[row][row])
    }
    return result
  }

  /// The cosine of what is left of two vectors, and what is left of the first one's square.
  ///
  /// A vector of which nothing is left, up to rounding, has no direction: the cosine is 0 then.
  ///
  /// - Parameters:
  ///   - first, second: Each vector's square and its `[m]` inner products with the span.
  ///   - product: The inner product of the two.
  public func residual(
    _ first: (square: Double, products: [Double]), _ second: (square: Double, products: [Double]),
    product: Double
  ) -> (cosine: Double, firstSquare: Double) {
    let (a, b) = (coordinates(first.products), coordinates(second.products))
    func left(_ square: Double, _ inside: [Double]) -> Double {
      let rest = square - inside.reduce(0) { $0 + $1 * $1 }
      return rest > Self.residualTolerance * square ? rest : 0
    }
    let (u, w) = (left(first.square, a), left(second.square, b))
    guard u > 0, w > 0 else { return (0, u) }
    let inner = product - zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return (min(max(inner / u.squareRoot() / w.squareRoot(), -1), 1), u)
  }

  /// A residual below this share of a vector's square is rounding: Gram matrices come from sums of
  /// products of Floats.
  public static let residualTolerance = 1e-9
}
