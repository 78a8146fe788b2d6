/// The orthogonal matrix nearest to a square one.
///
/// Equation: Q = U V^T of M = U S V^T, the maximum of tr(Q^T M) over orthogonal Q (Schönemann, 1966)
/// Numerics: Newton's iteration X <- (c X + X^-T / c) / 2 with Frobenius scaling (Higham, 1986), in
/// Double; it converges quadratically.
enum OrthogonalFit {
  /// Steps after which a matrix counts as singular.
  private static let stepLimit = 60
  /// The change, relative to the size, at which the iteration has converged.
  private static let tolerance = 1e-13

  /// Q of a matrix of `size` rows, row by row; `nil` when it has no inverse.
  ///
  /// - Complexity: O(*size³*) a step, about ten steps.
  static func nearest(to matrix: [Double], size: Int) -> [Double]? {
    var current = matrix
    for _ in 0..<stepLimit {
      guard let inverse = inverse(of: current, size: size) else { return nil }
      let scale = (length(inverse) / length(current)).squareRoot()
      guard scale.isFinite, scale > 0 else { return nil }
      var change = 0.0
      var next = current
      for row in 0..<size {
        for column in 0..<size {
          let index = row * size + column
          next[index] = (scale * current[index] + inverse[column * size + row] / scale) / 2
          change += (next[index] - current[index]) * (next[index] - current[index])
        }
      }
      current = next
      if change.squareRoot() <= tolerance * Double(size).squareRoot() { return current }
    }
    return nil
  }

  private static func length(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Gauss and Jordan with pivots by rows; `nil` when a pivot vanishes.
  private static func inverse(of matrix: [Double], size: Int) -> [Double]? {
    var work = matrix
    var result = [Double](repeating: 0, count: size * size)
    for row in 0..<size { result[row * size + row] = 1 }
    let largest = matrix.reduce(0) { max($0, $1.magnitude) }
    for column in 0..<size {
      let pivot = (column..<size).max {
        work[$0 * size + column].magnitude < work[$1 * size + column].magnitude
      }
      guard let pivot, work[pivot * size + column].magnitude > 1e-14 * largest else { return nil }
      if pivot != column {
        for index in 0..<size {
          work.swapAt(pivot * size + index, column * size + index)
          result.swapAt(pivot * size + index, column * size + index)
        }
      }
      let factor = 1 / work[column * size + column]
      for index in 0..<size {
        work[column * size + index] *= factor
        result[column * size + index] *= factor
      }
      for row in 0..<size where row != column {
        let share = work[row * size + column]
        guard share != 0 else { continue }
        work.withUnsafeMutableBufferPointer { work in
          result.withUnsafeMutableBufferPointer { result in
            for index in 0..<size {
              work[row * size + index] -= share * work[column * size + index]
              result[row * size + index] -= share * result[column * size + index]
            }
          }
        }
      }
    }
    return result
  }
}
