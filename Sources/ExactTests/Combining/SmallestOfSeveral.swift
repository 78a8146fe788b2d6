/// The smallest of several p-values of one expert, paid for by their number.
///
/// Equation: p = min(1, m min over i of p_i)
/// Source: Bonferroni; it holds under every dependence, where Fisher's method does not apply.
public enum SmallestOfSeveral {
  /// Combines tests.
  ///
  /// - Throws: ``ExactTestError/countMismatch(name:expected:actual:)`` without tests.
  public static func combining(
    _ results: [ExactTestResult]
  ) throws(ExactTestError) -> ExactTestResult {
    guard let best = results.min(by: { $0.pValue < $1.pValue }),
      let least = results.map(\.floor).min()
    else { throw .countMismatch(name: "tests", expected: 1, actual: 0) }
    if results.count == 1 { return best }
    let count = Double(results.count)
    return try ExactTestResult(
      test: .combination, assumption: .anyDependence, statistic: best.pValue,
      pValue: min(count * best.pValue, 1), floor: min(count * least, 1),
      wouldDecide: results.flatMap(\.wouldDecide))
  }
}
