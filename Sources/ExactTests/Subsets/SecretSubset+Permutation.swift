import Statistics

extension SecretSubset {
  /// How many memberships are counted one by one at most.
  public static let countingLimit = 1 << 20
  /// How many additions counting by sums may take.
  public static let additionLimit = 1e9
  /// How many memberships are drawn where they cannot be counted, unless the caller says more.
  public static let leastDraws = 99_999

  /// The p-value: by counting every membership where feasible, else from `draws` random ones.
  ///
  /// Which of the two depends on the sizes and the kind of score, never on the secret.
  ///
  /// - Parameter seed: What random memberships are drawn from; unused where they are counted.
  /// - Throws: ``ExactTestError`` for fewer than 1 draw.
  public func outcome(
    draws: Int = SecretSubset.leastDraws, seed: UInt64
  ) throws(ExactTestError) -> SubsetOutcome {
    guard (1...1 << 40).contains(draws) else {
      throw .valueOutOfRange(name: "draws", range: "1 to 2^40", actual: "\(draws)")
    }
    if let (pValue, floor) = countedBySums() ?? countedOneByOne() {
      return outcome(.counted, pValue: pValue, floor: floor)
    }
    let atMost = drawnAtMost(draws: draws, seed: seed)
    return outcome(
      .drawn(draws: draws, seed: seed, atMost: atMost),
      pValue: Double(1 + atMost) / Double(draws + 1), floor: 1 / Double(draws + 1))
  }

  private func outcome(
    _ method: SubsetOutcome.Method, pValue: Double, floor: Double
  ) -> SubsetOutcome {
    SubsetOutcome(
      z: z, imageCount: imageCount, usedCount: usedCount, isWithinClasses: isWithinClasses,
      method: method, pValue: min(max(pValue, floor), 1), floor: floor)
  }

  private var usedSum: Int { strata.reduce(0) { $0 + $1.usedSum } }

  // MARK: Counting by sums

  /// Counts memberships by their sums: feasible where scores are small whole numbers, as ranks are.
  private func countedBySums() -> (pValue: Double, floor: Double)? {
    guard score == .ranks else { return nil }
    var (additions, reach) = (0.0, 1.0)
    for stratum in strata {
      let (all, chosen) = (Double(stratum.scores.count), Double(stratum.usedCount))
      let sums = chosen * Double(stratum.scores.max() ?? 0) + 1
      additions += all * chosen * sums + reach * sums
      reach += sums
      // Halving at each image keeps chances in range; beyond this they would vanish.
      guard all <= 900, additions <= Self.additionLimit else { return nil }
    }
    var chances = [1.0]
    var floor = 1.0
    for stratum in strata {
      let own = Self.chancesOfSums(stratum)
      floor *= own.first { $0 > 0 } ?? 1
      var next = [Double](repeating: 0, count: chances.count + own.count - 1)
      for (sum, chance) in own.enumerated() where chance > 0 {
        for (other, known) in chances.enumerated() { next[sum + other] += chance * known }
      }
      chances = next
    }
    // A smaller chance would have vanished on the way.
    return floor > 1e-300 ? (chances.prefix(usedSum + 1).reduce(0, +), floor) : nil
  }

  /// The chance of each sum over used images of one class.
  private static func chancesOfSums(_ stratum: Stratum) -> [Double] {
    let chosen = stratum.usedCount
    let width = chosen * (stratum.scores.max() ?? 0) + 1
    // Row c: 2^-i times the number of ways to choose c of the first i images with each sum.
    var rows = [Double](repeating: 0, count: (chosen + 1) * width)
    rows[0] = 1
    rows.withUnsafeMutableBufferPointer { rows in
      for (index, score) in stratum.scores.enumerated() {
        for count in stride(from: min(index + 1, chosen), through: 0, by: -1) {
          let (own, below) = (count * width, (count - 1) * width)
          for sum in 0..<width { rows[own + sum] /= 2 }
          guard count > 0, score < width else { continue }
          // The row below is not yet halved.
          for sum in score..<width { rows[own + sum] += rows[below + sum - score] / 2 }
        }
      }
    }
    let ways = rows.suffix(width)
    let total = ways.reduce(0, +)
    return ways.map { $0 / total }
  }

  // MARK: Counting one by one

  private func countedOneByOne() -> (pValue: Double, floor: Double)? {
    var total = 1.0
    for stratum in strata {
      total *= Self.subsetCount(stratum.scores.count, stratum.usedCount)
      guard total <= Double(Self.countingLimit) else { return nil }
    }
    var sums = [0]
    for stratum in strata {
      let own = Self.sums(of: stratum.scores, choosing: stratum.usedCount)
      sums = sums.flatMap { known in own.map { known + $0 } }
    }
    let limit = usedSum + tieTolerance
    let least = (sums.min() ?? 0) + tieTolerance
    return (
      Double(sums.count { $0 <= limit }) / total, Double(sums.count { $0 <= least }) / total
    )
  }

  private static func subsetCount(_ all: Int, _ chosen: Int) -> Double {
    (0..<min(chosen, all - chosen)).reduce(1.0) { count, index in
      (count * Double(all - index) / Double(index + 1)).rounded()
    }
  }

  /// The sum of every subset of a size.
  private static func sums(of scores: [Int], choosing count: Int) -> [Int] {
    var chosen = Array(0..<count)
    var result: [Int] = []
    while true {
      result.append(chosen.reduce(0) { $0 + scores[$1] })
      guard
        let place = chosen.indices.last(where: { chosen[$0] < scores.count - count + $0 })
      else { return result }
      chosen[place] += 1
      for later in place + 1..<max(count, place + 1) { chosen[later] = chosen[later - 1] + 1 }
    }
  }

  // MARK: Drawing

  private func drawnAtMost(draws: Int, seed: UInt64) -> Int {
    var generator = SplitMix64(seed: seed)
    let limit = usedSum + tieTolerance
    // The smaller side is drawn; the other's sum follows from the total.
    var pools = strata.map(\.scores)
    let sides = strata.map { stratum in
      let (all, used) = (stratum.scores.count, stratum.usedCount)
      return (
        drawn: min(used, all - used), drawsUsed: used <= all - used,
        total: stratum.scores.reduce(0, +)
      )
    }
    var atMost = 0
    for _ in 0..<draws {
      var sum = 0
      for (place, side) in sides.enumerated() {
        let drawn = pools[place].withUnsafeMutableBufferPointer { pool in
          var drawn = 0
          for index in 0..<side.drawn {
            pool.swapAt(index, index + generator.index(below: pool.count - index))
            drawn += pool[index]
          }
          return drawn
        }
        sum += side.drawsUsed ? drawn : side.total - drawn
      }
      if sum <= limit { atMost += 1 }
    }
    return atMost
  }
}
