#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Several exact tests of one expert as one.
///
/// Equation: X = -2 sum over i of log p_i; p = P(chi^2 with 2m degrees of freedom >= X)
/// = exp(-h) sum over i < m of h^i / i!, h = X / 2
/// Source: Fisher (1925).
///
/// It holds where each p-value is exact given those before: the secret subset, then re-runs on the
/// same subset, then the key. Re-runs with fresh subsets share nothing with a subset test's
/// permutations but the victim, and are not exact given the subset: they are refused beside one.
public enum FisherCombination {
  /// Combines tests that stand in the order above.
  ///
  /// - Throws: ``ExactTestError/wrongOrder(expected:actual:)`` for any other order, for a kind given
  ///   twice and for re-runs beside a subset that are not on that subset.
  public static func combining(
    _ results: [ExactTestResult]
  ) throws(ExactTestError) -> ExactTestResult {
    guard isCombinable(results) else {
      throw .wrongOrder(
        expected: "secret-subset, re-runs given the subset, keyed-mark (each at most once)",
        actual: results.isEmpty
          ? "none"
          : results.map { "\($0.test.rawValue) (\($0.assumption.rawValue))" }
            .joined(separator: ", "))
    }
    if results.count == 1, let only = results.first { return only }
    let half = results.reduce(0) { $0 - log($1.pValue) }
    let least = results.reduce(0) { $0 - log($1.floor) }
    return try ExactTestResult(
      test: .combination, assumption: .eachGivenFormer, statistic: 2 * half,
      pValue: max(tail(half, results.count), .leastNormalMagnitude),
      floor: max(tail(least, results.count), .leastNormalMagnitude),
      wouldDecide: results.flatMap(\.wouldDecide))
  }

  /// Whether Fisher's method holds for these tests in this order.
  public static func isCombinable(_ results: [ExactTestResult]) -> Bool {
    let places = results.map { result -> Int? in
      switch result.test {
      case .secretSubset: 0
      case .reruns, .sequentialReruns: 1
      case .keyedMark: 2
      case .combinedReruns, .combination, .nullDistance: nil
      }
    }
    guard !results.isEmpty, !places.contains(nil) else { return false }
    let known = places.compactMap(\.self)
    guard zip(known, known.dropFirst()).allSatisfy(<) else { return false }
    return known.first != 0
      || results.allSatisfy { !$0.test.isOfReruns || $0.assumption == .freshSeedsGivenSubset }
  }

  /// P(chi^2 with 2 `count` degrees of freedom >= 2 `half`).
  static func tail(_ half: Double, _ count: Int) -> Double {
    var (term, sum) = (exp(-half), 0.0)
    for index in 0..<count {
      sum += term
      term *= half / Double(index + 1)
    }
    return min(sum, 1)
  }
}
