/// How well a score tells reuse from everything else, over all thresholds.
///
/// A threshold accuses every expert whose score reaches it. Experts of equal scores are accused together,
/// so ties are neither won nor lost: the curve goes across them in a straight line.
public struct ReceiverOperatingCurve: Sendable, Hashable, Codable {
  /// One threshold.
  public struct Point: Sendable, Hashable, Codable {
    /// The share of other experts that are accused.
    public let falsePositiveRate: Double
    /// The share of reused experts that are found.
    public let truePositiveRate: Double
  }

  /// From (0, 0) to (1, 1), thresholds falling.
  public let points: [Point]
  /// The area under the curve: the chance that a reused expert scores above another one, ties half.
  public let area: Double
  /// Number of reused experts.
  public let positiveCount: Int
  /// Number of the others.
  public let negativeCount: Int

  /// The curve of scores; `nil` when one of the two kinds is missing.
  public init?(positives: [Double], negatives: [Double]) {
    guard !positives.isEmpty, !negatives.isEmpty else { return nil }
    let scores =
      (positives.map { (score: $0, isPositive: true) }
      + negatives.map { (score: $0, isPositive: false) }).sorted { $0.score > $1.score }
    var points = [Point(falsePositiveRate: 0, truePositiveRate: 0)]
    var (found, accused, area) = (0, 0, 0.0)
    var index = 0
    while index < scores.count {
      let score = scores[index].score
      let (foundBefore, accusedBefore) = (found, accused)
      while index < scores.count, scores[index].score == score {
        if scores[index].isPositive { found += 1 } else { accused += 1 }
        index += 1
      }
      area += Double(accused - accusedBefore) * Double(found + foundBefore) / 2
      points.append(
        Point(
          falsePositiveRate: Double(accused) / Double(negatives.count),
          truePositiveRate: Double(found) / Double(positives.count)))
    }
    self.points = points
    self.area = area / Double(positives.count * negatives.count)
    positiveCount = positives.count
    negativeCount = negatives.count
  }

  /// The largest share of reused experts that a threshold finds which accuses at most `rate` of the
  /// others.
  ///
  /// Thresholds lie between scores: inside a tie there is none.
  public func truePositiveRate(atFalsePositiveRate rate: Double) -> Double {
    points.filter { $0.falsePositiveRate <= rate }.map(\.truePositiveRate).max() ?? 0
  }
}
