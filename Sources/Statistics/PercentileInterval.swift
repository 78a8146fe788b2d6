/// What a bootstrap leaves of a number: the interval between two percentiles of its replicates.
public struct PercentileInterval: Sendable, Hashable, Codable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double

  /// The central `level` of the replicates, linear between neighbours (Hyndman and Fan, type 7).
  ///
  /// - Returns: `nil` without replicates.
  /// - Precondition: `level` is inside 0...1.
  public init?(_ replicates: [Double], level: Double) {
    precondition(level > 0 && level < 1, "an interval's level is inside 0...1")
    guard !replicates.isEmpty else { return nil }
    let sorted = replicates.sorted()
    lower = Self.percentile((1 - level) / 2, of: sorted)
    upper = Self.percentile((1 + level) / 2, of: sorted)
  }

  private static func percentile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
