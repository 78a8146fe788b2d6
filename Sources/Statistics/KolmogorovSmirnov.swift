#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether p-values look uniform on 0...1.
///
/// Equation: D = max over x of |F_n(x) - x|; the p-value is Kolmogorov's series at
/// (sqrt n + 0.12 + 0.11 / sqrt n) D (Stephens, 1970), good from n = 5 on.
public struct KolmogorovSmirnov: Sendable, Hashable, Codable {
  /// D.
  public let statistic: Double
  /// max over x of F_n(x) - x: how far p-values are too small, which is what harms.
  public let excess: Double
  /// How often uniform numbers stray as far as D.
  public let pValue: Double

  /// Tests numbers of 0...1.
  ///
  /// - Returns: `nil` without numbers.
  public init?(uniform values: [Double]) {
    guard !values.isEmpty else { return nil }
    let n = Double(values.count)
    var (above, below) = (0.0, 0.0)
    for (index, value) in values.sorted().enumerated() {
      above = max(above, Double(index + 1) / n - value)
      below = max(below, value - Double(index) / n)
    }
    excess = above
    statistic = max(above, below)
    pValue = Self.tail((n.squareRoot() + 0.12 + 0.11 / n.squareRoot()) * statistic)
  }

  private static func tail(_ x: Double) -> Double {
    guard x > 0.2 else { return 1 }  // the series converges slowly where its sum is 1
    var sum = 0.0
    for k in 1...100 {
      let term = exp(-2 * Double(k * k) * x * x)
      sum += k % 2 == 1 ? term : -term
      if term < 1e-18 { break }
    }
    return min(max(2 * sum, 0), 1)
  }
}
