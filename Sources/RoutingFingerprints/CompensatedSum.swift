/// A sum kept as an unevaluated pair of Doubles, of about 106 bits together.
///
/// Numerics: Knuth's two-sum gives the rounding error of each addition exactly. The pair is kept
/// normalised: `leading` is the sum rounded to Double, `trailing` what that leaves.
package struct CompensatedSum: Sendable, Equatable {
  private var leading = 0.0
  private var trailing = 0.0

  package init() {}

  /// The sum, rounded to Double.
  package var value: Double { leading + trailing }

  /// Adds a number.
  package mutating func add(_ number: Double) {
    let (sum, error) = Self.twoSum(leading, number)
    (leading, trailing) = Self.twoSum(sum, error + trailing)
  }

  /// Adds another sum.
  package mutating func add(_ other: CompensatedSum) {
    let (sum, error) = Self.twoSum(leading, other.leading)
    let (rest, restError) = Self.twoSum(trailing, other.trailing)
    let (upper, lower) = Self.twoSum(sum, error + rest)
    (leading, trailing) = Self.twoSum(upper, lower + restError)
  }

  private static func twoSum(_ a: Double, _ b: Double) -> (sum: Double, error: Double) {
    let sum = a + b
    let bPart = sum - a
    let aPart = sum - bPart
    return (sum, (a - aPart) + (b - bPart))
  }
}
