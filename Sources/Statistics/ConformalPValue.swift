/// The rank of a score among exchangeable scores, as a p-value.
///
/// Equation: p = (1 + #{k : null_k >= s}) / (K + 1)
///
/// If s and the K null scores are exchangeable, P(p <= a) <= a for every a, whatever their
/// distribution. Ties count against s. The smallest value is 1 / (K + 1).
public enum ConformalPValue {
  /// The p-value of `score`; 1 without null scores.
  public static func value(of score: Double, among nullScores: [Double]) -> Double {
    let atLeast = nullScores.count { $0 >= score }
    return Double(1 + atLeast) / Double(nullScores.count + 1)
  }

  /// The least number of null scores with which a p-value can reach `level`.
  ///
  /// - Precondition: `level` is in 0...1, 0 excluded.
  public static func nullsNeeded(for level: Double) -> Int {
    precondition(level > 0 && level <= 1, "a level is above 0 and at most 1")
    // The slack keeps 1 / 0.01 = 100 from being rounded up to 101.
    return max(Int((1 / level - 1e-9).rounded(.up)) - 1, 0)
  }
}
