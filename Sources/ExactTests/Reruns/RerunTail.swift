import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How far out a victim lies among its re-runs: an order of magnitude, which never decides.
///
/// Equation: t = (z_0 - mean) / (sd sqrt(1 + 1/K)), z = atanh(T) (Fisher's scale), mean and sd of
/// z_1...z_K; P(Student's t with K - 1 degrees of freedom >= t)
///
/// It takes re-runs for normal on that scale, which nobody has shown. It has no ``ExactTestResult``
/// on purpose.
public struct RerunTail: Sendable, Hashable {
  /// t.
  public let t: Double
  /// The power of ten nearest to the tail, at most 0: -4 for some 1e-4.
  public let orderOfMagnitude: Int

  /// Fits the tail.
  ///
  /// - Returns: `nil` for fewer than 3 re-runs, for re-runs that do not vary and for statistics
  ///   beyond -1...1, which Fisher's scale does not have.
  public init?(_ rank: RerunRank) {
    guard rank.reruns.count >= 3, ([rank.victim] + rank.reruns).allSatisfy({ abs($0) <= 1 }) else {
      return nil
    }
    func fisher(_ cosine: Double) -> Double { atanh(min(max(cosine, -1 + 1e-12), 1 - 1e-12)) }
    let moments = Moments(rank.reruns.map(fisher))
    guard moments.standardDeviation > 0 else { return nil }
    let count = Double(moments.count)
    t =
      (fisher(rank.victim) - moments.mean)
      / (moments.standardDeviation * (1 + 1 / count).squareRoot())
    let tail = StudentT.upperTail(t, degrees: count - 1)
    orderOfMagnitude = Int(log10(max(tail, 1e-300)).rounded())
  }
}
