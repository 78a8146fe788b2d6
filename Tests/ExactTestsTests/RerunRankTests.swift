import Diagnostics
import ExactTests
import Foundation
import Testing

@Suite struct RerunRankTests {
  @Test("the p-value is the victim's rank among K + 1 runs")
  func rank() throws {
    #expect(try RerunRank([0.9, 0.1, 0.2, 0.3]).pValue == 0.25)
    #expect(try RerunRank([0.15, 0.1, 0.2, 0.3]).pValue == 0.75)
    #expect(try RerunRank([0, 0.1, 0.2, 0.3]).pValue == 1)
    #expect(try RerunRank([0.9] + [Double](repeating: 0, count: 99)).pValue == 0.01)
  }

  @Test("ties count against the accuser, also those within the tolerance")
  func ties() throws {
    #expect(try RerunRank([0.3, 0.3, 0.1, 0.3]).pValue == 0.75)
    #expect(try RerunRank([0, 0, 0, 0]).pValue == 1)
    #expect(try RerunRank([0.3, 0.2999, 0.1], tieTolerance: 1e-3).pValue == 2.0 / 3)
    #expect(try RerunRank([0.3, 0.2999, 0.1], tieTolerance: 1e-5).pValue == 1.0 / 3)
  }

  @Test("19 re-runs reach 5 %, 99 reach 1 %, and the rest is what would decide it")
  func toGo() throws {
    #expect(RerunRank.rerunsNeeded(for: 0.05) == 19)
    #expect(RerunRank.rerunsNeeded(for: 0.01) == 99)
    let rank = try RerunRank([1] + [Double](repeating: 0, count: 19))
    #expect(rank.pValue == 0.05 && rank.floor == 0.05)
    #expect(try rank.result().wouldDecide == [.moreReruns(80)])
    #expect(try rank.result(level: 0.05).wouldDecide.isEmpty)
    #expect(try rank.result().assumption == .freshSeeds)
  }

  @Test("a rank without re-runs, or of no number, is refused")
  func refusals() {
    #expect(throws: ExactTestError.noReruns) { try RerunRank([1]) }
    #expect(throws: ExactTestError.noReruns) { try RerunRank([]) }
    #expect(
      throws: ExactTestError.notFinite(name: "statistic of runs", index: 1, value: "nan")
    ) { try RerunRank([1, .nan]) }
  }

  @Test("a rank survives JSON with snake_case keys, and an unknown key is refused")
  func json() throws {
    let rank = try RerunRank([0.5, 0.25, 0.75], tieTolerance: 0.125, givenSubset: true)
    let text = try JSONEncoder().encode(rank)
    #expect(String(decoding: text, as: UTF8.self).contains("\"tie_tolerance\""))
    #expect(try JSONDecoder().decode(RerunRank.self, from: text) == rank)
    let other = #"{"statistics": [1, 0], "tie_tolerance": 0, "given_subset": false, "p": 0.001}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RerunRank.self, from: Data(other.utf8))
    }
  }

  @Test("a tail is an order of magnitude, where there is one")
  func tail() throws {
    let reruns = [-0.01, 0.02, 0.05, 0.0, 0.03, 0.06, 0.01]
    let copy = try #require(RerunTail(try RerunRank([0.77] + reruns)))
    #expect(copy.t > 20 && copy.orderOfMagnitude <= -6)
    let innocent = try #require(RerunTail(try RerunRank([0.02] + reruns)))
    #expect(abs(innocent.t) < 1 && innocent.orderOfMagnitude == 0)
    #expect(RerunTail(try RerunRank([0.9, 0.1, 0.2])) == nil)
    #expect(RerunTail(try RerunRank([0.9, 0, 0, 0, 0])) == nil)
    #expect(RerunTail(try RerunRank([3, 0, 1, 0.5, 0])) == nil)
    #expect(RerunTail(try RerunRank([1] + reruns))?.t.isFinite == true)
  }

  @Test("seeds that people choose by hand are no secret")
  func seeds() {
    for seed: UInt64 in [0, 1, 42, 1234, 3407, 2025, 123_456_789, 20_260_314, 0xDEAD_BEEF] {
      #expect(SecretSeed.isPopular(seed))
    }
    #expect(SecretSeed.isPopular(UInt64(bitPattern: -1)))
    #expect(SecretSeed.isPopular(UInt64(UInt32(bitPattern: -42))))
    #expect(SecretSeed.isPopular(5_555_555))
    for seed: UInt64 in [0x3C6E_F372_FE94_F82B, 9_871_236_543_117, 2_862_933_555] {
      #expect(!SecretSeed.isPopular(seed))
    }
  }
}

@Suite struct SequentialRankTests {
  @Test("an innocent is cleared after a handful, a real suspicion takes all re-runs")
  func stopping() throws {
    var innocent = try SequentialRank(victim: 0, exceedancesToStop: 2, maximumCount: 99)
    for value in [1.0, -1, 3] { try innocent.add(value) }
    #expect(innocent.isDecided)
    #expect(innocent.pValue == 2.0 / 3)
    #expect(throws: ExactTestError.self) { try innocent.add(0) }
    var suspicion = try SequentialRank(victim: 5, exceedancesToStop: 2, maximumCount: 99)
    for _ in 0..<98 { try suspicion.add(1) }
    #expect(!suspicion.isDecided && suspicion.pValue == nil)
    try suspicion.add(1)
    #expect(suspicion.pValue == 0.01)
    #expect(try suspicion.result()?.floor == 0.01)
    let text = try JSONEncoder().encode(suspicion)
    #expect(try JSONDecoder().decode(SequentialRank.self, from: text) == suspicion)
  }

  @Test("under exchangeability p is at least uniform at every level that it can take")
  func validity() throws {
    var dice = Dice(11)
    var found = Accusations()
    var count = 0
    for _ in 0..<20_000 {
      let victim = Double(dice.index(below: 50))
      var rank = try SequentialRank(victim: victim, exceedancesToStop: 3, maximumCount: 19)
      while !rank.isDecided { try rank.add(Double(dice.index(below: 50))) }
      found.add(try #require(rank.pValue))
      count += rank.reruns.count
    }
    let levels = (3...19).map { 3 / Double($0) } + [0.05, 0.1, 0.15]
    #expect(found.exceeded(levels).isEmpty)
    // It is not merely conservative, and cheaper than 19 re-runs each.
    #expect(found.share(atMost: 0.1) > 0.08)
    #expect(count < 20_000 * 10)
  }
}

@Suite struct RankCombinationTests {
  /// The share of all rank vectors whose combination is at most that of `ranks`.
  private func counted(
    _ ranks: [Int], _ sizes: [Int], _ combine: ([Int]) -> Int
  ) -> Double {
    var all: [[Int]] = [[]]
    for size in sizes { all = all.flatMap { known in (1...size).map { known + [$0] } } }
    let limit = combine(ranks)
    return Double(all.count { combine($0) <= limit }) / Double(all.count)
  }

  @Test("p is the share of rank vectors as small, counted one by one", arguments: UInt64(0)..<8)
  func exhaustive(seed: UInt64) throws {
    var dice = Dice(seed)
    let sizes = (0..<4).map { _ in 2 + dice.index(below: 7) }
    let ranks = sizes.map { 1 + dice.index(below: $0) }
    let product = try RankCombination(ranks: ranks, sizes: sizes, by: .product)
    let sum = try RankCombination(ranks: ranks, sizes: sizes, by: .sum)
    #expect(abs(product.pValue - counted(ranks, sizes) { $0.reduce(1, *) }) < 1e-12)
    #expect(abs(sum.pValue - counted(ranks, sizes) { $0.reduce(0, +) }) < 1e-12)
  }

  @Test("five experts of eight re-runs reach 1.7e-5; sums one above are 1.0e-4, 3.6e-4, 9.5e-4")
  func published() throws {
    let sizes = [9, 9, 9, 9, 9]
    for (ranks, p) in [
      ([1, 1, 1, 1, 1], 1.0), ([1, 1, 2, 1, 1], 6), ([1, 3, 1, 1, 1], 21), ([2, 2, 1, 1, 2], 56),
    ] {
      let combined = try RankCombination(ranks: ranks, sizes: sizes, by: .sum)
      #expect(abs(combined.pValue - p / 59049) < 1e-15)
    }
    let best = try RankCombination(ranks: [1, 1, 1, 1, 1], sizes: sizes, by: .product)
    #expect(abs(best.pValue - 1.6935e-5) < 1e-8)
    #expect(abs(best.floor - best.pValue) < 1e-15)
    #expect(try best.result().isAtFloor)
    #expect(try best.result().assumption == .independentFreshSeeds)
    let worst = try RankCombination(ranks: [9, 9, 9, 9, 9], sizes: sizes, by: .product)
    #expect(abs(worst.pValue - 1) < 1e-12)
  }

  @Test("eight experts of 99 re-runs are counted; what cannot be is said, by the sizes alone")
  func large() throws {
    let eight = try RankCombination(
      ranks: [1, 1, 1, 1, 1, 1, 1, 2], sizes: [Int](repeating: 100, count: 8), by: .product)
    #expect(abs(eight.pValue / 9e-16 - 1) < 1e-9)
    #expect(throws: ExactTestError.self) {
      try RankCombination(
        ranks: [Int](repeating: 1, count: 40), sizes: [Int](repeating: 100, count: 40),
        by: .product)
    }
    let sum = try RankCombination(
      ranks: [Int](repeating: 1, count: 40), sizes: [Int](repeating: 100, count: 40), by: .sum)
    #expect(abs(sum.pValue / sum.floor - 1) < 1e-9)
    #expect(throws: ExactTestError.self) {
      try RankCombination(ranks: [3], sizes: [2], by: .sum)
    }
  }

  @Test("a combination survives JSON, which keeps ranks and counts again")
  func json() throws {
    let combined = try RankCombination(ranks: [1, 2], sizes: [9, 20], by: .product)
    let text = try JSONEncoder().encode(combined)
    #expect(try JSONDecoder().decode(RankCombination.self, from: text) == combined)
  }
}
