#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether numbers look normal, when mean and variance are taken from the same numbers.
///
/// Equation: A^2 = -n - 1/n * sum over i of (2i - 1) (log Phi(z_(i)) + log(1 - Phi(z_(n+1-i))))
/// The p-value is that of A^2 (1 + 0.75/n + 2.25/n^2) (D'Agostino and Stephens, 1986, table 4.9).
public struct AndersonDarling: Sendable, Hashable, Codable {
  /// A^2, corrected for the number of values.
  public let statistic: Double
  /// How often normal numbers look at least as little normal.
  public let pValue: Double

  /// Tests at least 5 numbers.
  ///
  /// - Returns: `nil` for fewer, and for numbers that are all equal.
  public init?(_ values: [Double]) {
    let n = Double(values.count)
    let spread = Moments(values).standardDeviation
    guard values.count >= 5, spread > 0 else { return nil }
    let mean = Moments(values).mean
    let z = values.sorted().map { ($0 - mean) / spread }
    var sum = 0.0
    for index in z.indices {
      // A tail that underflows would be an infinite statistic.
      let lower = max(NormalDistribution.upperTail(-z[index]), 1e-300)
      let upper = max(NormalDistribution.upperTail(z[z.count - 1 - index]), 1e-300)
      sum += Double(2 * index + 1) * (log(lower) + log(upper))
    }
    statistic = (-n - sum / n) * (1 + 0.75 / n + 2.25 / (n * n))
    pValue = Self.pValue(statistic)
  }

  private static func pValue(_ a: Double) -> Double {
    switch a {
    case ..<0.2: 1 - exp(-13.436 + 101.14 * a - 223.73 * a * a)
    case ..<0.34: 1 - exp(-8.318 + 42.796 * a - 59.938 * a * a)
    case ..<0.6: exp(0.9177 - 4.279 * a - 1.38 * a * a)
    case ..<13: exp(1.2937 - 5.709 * a + 0.0186 * a * a)
    default: 0
    }
  }
}
