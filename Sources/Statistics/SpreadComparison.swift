/// Whether groups spread alike (Brown and Forsythe, 1974): the F test of one-way analysis of
/// variance on distances from each group's median.
public struct SpreadComparison: Sendable, Hashable, Codable {
  /// The variance ratio.
  public let statistic: Double
  /// How often groups that spread alike differ as much.
  public let pValue: Double

  /// Compares groups of numbers.
  ///
  /// - Returns: `nil` for fewer than two groups of at least three, or distances that do not vary.
  public init?(_ groups: [[Double]]) {
    let groups = groups.filter { $0.count >= 3 }
    guard groups.count >= 2 else { return nil }
    let distances = groups.map { group in group.map { abs($0 - Self.median(group)) } }
    let total = distances.reduce(0) { $0 + $1.count }
    let grandMean = Moments(distances.flatMap { $0 }).mean
    var (between, within) = (0.0, 0.0)
    for group in distances {
      let mean = Moments(group).mean
      between += Double(group.count) * (mean - grandMean) * (mean - grandMean)
      within += group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let numerator = Double(groups.count - 1)
    let denominator = Double(total - groups.count)
    guard within > 0 else { return nil }
    statistic = (between / numerator) / (within / denominator)
    pValue = FisherF.upperTail(statistic, numerator: numerator, denominator: denominator)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
