/// What the cosine of two long vectors is made of, added up piece by piece.
///
/// Equation: cos(a, b) = <a, b> / sqrt(<a, a> <b, b>)
/// Numerics: products and sums in Double, in four interleaved sums per piece whose order is fixed.
package struct CosineSums: Sendable, Hashable {
  /// <a, b>.
  package private(set) var dot = 0.0
  /// <a, a>.
  package private(set) var firstSquare = 0.0
  /// <b, b>.
  package private(set) var secondSquare = 0.0

  /// The sums of nothing.
  package init() {}

  /// Adds a piece of both vectors.
  ///
  /// - Precondition: the pieces have the same length.
  package mutating func add(_ first: [Float], _ second: [Float]) {
    precondition(first.count == second.count, "two vectors have the same length")
    var (dots, firsts, seconds) = (SIMD4<Double>.zero, SIMD4<Double>.zero, SIMD4<Double>.zero)
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        let whole = first.count / 4 * 4
        func lanes(_ source: UnsafeBufferPointer<Float>, _ index: Int) -> SIMD4<Double> {
          SIMD4(
            Double(source[index]), Double(source[index + 1]), Double(source[index + 2]),
            Double(source[index + 3]))
        }
        for index in stride(from: 0, to: whole, by: 4) {
          let (a, b) = (lanes(first, index), lanes(second, index))
          dots += a * b
          firsts += a * a
          seconds += b * b
        }
        for index in whole..<first.count {
          let (a, b) = (Double(first[index]), Double(second[index]))
          dots.x += a * b
          firsts.x += a * a
          seconds.x += b * b
        }
      }
    }
    dot += dots.sum()
    firstSquare += firsts.sum()
    secondSquare += seconds.sum()
  }

  /// Adds other sums.
  package mutating func add(_ other: CosineSums) {
    dot += other.dot
    firstSquare += other.firstSquare
    secondSquare += other.secondSquare
  }

  /// The cosine, or `nil` when one of the vectors is zero.
  ///
  /// One root of the product, and not a product of two roots, makes the cosine of a vector with
  /// itself exactly 1.
  package var cosine: Double? {
    let denominator = (firstSquare * secondSquare).squareRoot()
    return denominator > 0 ? dot / denominator : nil
  }
}
