import Statistics

/// How rare a score is among null scores, whatever their distribution: Cantelli's inequality in the
/// form that holds when mean and spread are estimated.
///
/// Equation: p = (K - 1 + t^2) / (K - 1 + (K + 1) t^2) for t > 0, else 1;
/// t = (x - mean) / (sd sqrt(1 + 1/K)) with mean and sd (K - 1) of the K nulls
/// Source: Cantelli's inequality for a uniform draw from the K + 1 values, the tested one included
/// (Saw, Yang and Mo, 1984, for Chebyshev's).
///
/// It is never below 1 / (K + 1), as nothing can be that rests on exchangeability alone; the
/// 1 / (1 + t^2) of known moments is smaller and does not hold. What it assumes is about innocents,
/// so it is screening.
public enum ExchangeableBound {
  /// The bound at t.
  ///
  /// - Returns: 1 for fewer than two nulls and for t that is not above 0.
  public static func pValue(t: Double, nullCount: Int) -> Double {
    guard nullCount >= 2, t > 0 else { return 1 }
    let count = Double(nullCount)
    guard t.isFinite, (t * t).isFinite else { return 1 / (count + 1) }
    // Divided by t^2: t^2 itself could overflow after the multiplication.
    let share = (count - 1) / (t * t)
    return min((share + 1) / (share + count + 1), 1)
  }

  /// The bound for a score among nulls.
  ///
  /// - Throws: ``ExactTestError`` for scores that are not finite, and for no nulls.
  public static func result(
    of score: Double, among nulls: [Double]
  ) throws(ExactTestError) -> ExactTestResult {
    for (index, value) in ([score] + nulls).enumerated() where !value.isFinite {
      throw .notFinite(name: "scores", index: index, value: "\(value)")
    }
    guard !nulls.isEmpty else { throw .countMismatch(name: "nulls", expected: 1, actual: 0) }
    let moments = Moments(nulls)
    let spread = moments.standardDeviation * (1 + 1 / Double(nulls.count)).squareRoot()
    // Nulls that do not vary put any larger score infinitely far out, which is worth 1 / (K + 1).
    let t = spread > 0 ? (score - moments.mean) / spread : (score > moments.mean ? 1e150 : 0)
    return try ExactTestResult(
      test: .nullDistance, assumption: .exchangeableWithNulls, statistic: t,
      pValue: pValue(t: t, nullCount: nulls.count), floor: 1 / Double(nulls.count + 1))
  }
}
