import Experiments
import Testing

/// ROC curves against counting by hand.
struct ReceiverOperatingCurveTests {
  @Test func aPerfectScoreHasAreaOne() throws {
    let curve = try #require(
      ReceiverOperatingCurve(positives: [0.9, 0.8], negatives: [0.3, 0.2, 0.1]))
    #expect(curve.area == 1)
    #expect(curve.truePositiveRate(atFalsePositiveRate: 0) == 1)
  }

  @Test func areaIsTheShareOfPairsInTheRightOrderWithTiesHalf() throws {
    let (positives, negatives) = ([0.9, 0.5, 0.5, 0.1], [0.6, 0.5, 0.2])
    let curve = try #require(ReceiverOperatingCurve(positives: positives, negatives: negatives))
    let pairs = positives.flatMap { p in negatives.map { p > $0 ? 1 : p == $0 ? 0.5 : 0 } }
    #expect(abs(curve.area - pairs.reduce(0, +) / Double(pairs.count)) < 1e-12)
  }

  @Test func aScoreThatIsTheSameForAllFindsNothingAtALowRate() throws {
    let curve = try #require(ReceiverOperatingCurve(positives: [1, 1], negatives: [1, 1]))
    #expect(curve.area == 0.5)
    #expect(curve.truePositiveRate(atFalsePositiveRate: 0.5) == 0)
    #expect(curve.truePositiveRate(atFalsePositiveRate: 1) == 1)
  }

  @Test func ratesAreReadBelowTheGivenOne() throws {
    let curve = try #require(
      ReceiverOperatingCurve(positives: [4, 2], negatives: [3, 1, 0, -1]))
    #expect(curve.truePositiveRate(atFalsePositiveRate: 0.2) == 0.5)
    #expect(curve.truePositiveRate(atFalsePositiveRate: 0.25) == 1)
  }

  @Test func withoutBothKindsThereIsNoCurve() {
    #expect(ReceiverOperatingCurve(positives: [], negatives: [1]) == nil)
    #expect(ReceiverOperatingCurve(positives: [1], negatives: []) == nil)
  }
}
