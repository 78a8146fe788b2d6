/// A number's interval from what a bootstrap made of it.
///
/// Equation: [2 t - q((1 + level) / 2), 2 t - q((1 - level) / 2)] for a number t and percentiles q of
/// its replicates: the basic interval of Davison and Hinkley (1997, section 5.2). Replicates lie as far
/// below t as t lies below the truth when noise lowers a similarity, so the interval is turned around;
/// that of plain percentiles would be wrong by that bias twice.
public struct BootstrapInterval: Sendable, Hashable, Codable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double

  /// The central `level`; percentiles are linear between neighbours (Hyndman and Fan, type 7).
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - replicates: What it is on resampled data.
  ///   - range: What the number can be; ends beyond it are cut.
  /// - Returns: `nil` without replicates.
  /// - Precondition: `level` is inside 0...1.
  public init?(
    of value: Double, _ replicates: [Double], level: Double, within range: ClosedRange<Double>
  ) {
    precondition(level > 0 && level < 1, "an interval's level is inside 0...1")
    guard !replicates.isEmpty else { return nil }
    let sorted = replicates.sorted()
    func end(_ share: Double) -> Double {
      min(max(2 * value - Self.percentile(share, of: sorted), range.lowerBound), range.upperBound)
    }
    lower = end((1 + level) / 2)
    upper = end((1 - level) / 2)
  }

  private static func percentile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
  }
}
