import Tensors

/// Linear centred kernel alignment of two sets of features of the same samples.
///
/// Equation: HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) with K = X X^T, L = Y Y^T
/// (Kornblith et al., 2019). Biased: HSIC_0(K, L) = <HKH, HLH> with H = I - 1 1^T / n. Unbiased:
/// HSIC_1(K, L) = [<K', L'> + 1^T K' 1 1^T L' 1 / ((n-1)(n-2)) - 2/(n-2) 1^T K' L' 1] / (n(n-3)),
/// where K' and L' have zero diagonals (Song et al., 2012, equation 5). For independent features the
/// biased form is far from 0 while samples are not many more than features: about d / (n + d).
/// Shapes: X is `[n, d]`, Y is `[n, e]`.
/// Invariances: orthogonal maps, shifts and one common factor, on each side.
/// Numerics: Double. Features are centred first, which changes neither form: then rows of K sum to
/// zero, so that K' 1 = -diag(K), and all follows from <X^T Y, X^T Y> and the diagonals. That is
/// computed as `[n, n]` or as `[d, e]`, whichever is less work.
public struct LinearCKA: Sendable, Hashable {
  /// The form with HSIC_0, 0 to 1; `nil` when one side's samples are all alike.
  public let biased: Double?
  /// The form with HSIC_1, at most 1, about 0 for independent features; also `nil` for fewer than four
  /// samples.
  public let unbiased: Double?

  /// Aligns two sets of features, row i of both being sample i.
  ///
  /// - Precondition: both have the same number of rows.
  /// - Complexity: O(*n²(d + e)*) or O(*n(d² + de + e²)*) time, whichever is less.
  public init(_ first: DenseMatrix, _ second: DenseMatrix, pool: WorkerPool = WorkerPool()) {
    precondition(first.rows == second.rows, "both sides have the same samples")
    let (X, Y) = (first.centred(), second.centred())
    let (n, d, e) = (X.rows, X.columns, Y.columns)
    let squares: (firsts: Double, both: Double, seconds: Double)
    if n * (d + e) < d * d + d * e + e * e {
      let K = X.multiplied(by: X, transposing: .second, pool: pool)
      let L = Y.multiplied(by: Y, transposing: .second, pool: pool)
      squares = (K.inner(K), K.inner(L), L.inner(L))
    } else {
      func square(_ a: DenseMatrix, _ b: DenseMatrix) -> Double {
        let product = a.multiplied(by: b, transposing: .first, pool: pool)
        return product.inner(product)
      }
      squares = (square(X, X), square(X, Y), square(Y, Y))
    }
    guard squares.firsts > 0, squares.seconds > 0 else {
      (biased, unbiased) = (nil, nil)
      return
    }
    biased = squares.both / (squares.firsts * squares.seconds).squareRoot()
    guard n >= 4 else {
      unbiased = nil
      return
    }
    let (k, l) = (X.squaredRowLengths, Y.squaredRowLengths)
    let firsts = Self.unbiasedHSIC(squares.firsts, k, k)
    let seconds = Self.unbiasedHSIC(squares.seconds, l, l)
    // HSIC_1(K, K) is a sum of squares; what is left of zero is rounding.
    let isDefined = firsts > 1e-12 * squares.firsts && seconds > 1e-12 * squares.seconds
    unbiased =
      isDefined
      ? Self.unbiasedHSIC(squares.both, k, l) / (firsts * seconds).squareRoot() : nil
  }

  /// n(n-3) HSIC_1, from <K, L> of centred features and the diagonals of K and L.
  private static func unbiasedHSIC(_ inner: Double, _ k: [Double], _ l: [Double]) -> Double {
    let n = Double(k.count)
    let diagonals = zip(k, l).reduce(0) { $0 + $1.0 * $1.1 }
    let traces = k.reduce(0, +) * l.reduce(0, +)
    return inner - diagonals + traces / ((n - 1) * (n - 2)) - 2 / (n - 2) * diagonals
  }
}

extension DenseMatrix {
  /// The squared length of each row: the diagonal of the product with its own transpose.
  fileprivate var squaredRowLengths: [Double] {
    (0..<rows).map { row in
      (0..<columns).reduce(0) { sum, column in
        let element = elements[row * columns + column]
        return sum + element * element
      }
    }
  }
}
