/// The samples of each task in blocks, so that variation within a task is not lost in its mean.
///
/// A sample belongs to the block of its row in the suite modulo the number of blocks: blocks depend
/// neither on shards nor on batches. That number is prime by default, so that tasks which take turns
/// in a suite fill all blocks, too. Blocks without samples are left out.
public struct TaskBlocks: Sendable, Equatable {
  /// The usual number of blocks: enough for percentiles of a bootstrap, few enough for 200 samples.
  public static let standardCount = 19
  /// The most blocks a task may have.
  public static let limit = 1000

  /// Samples in each block, `[N, blocks]`; tasks may have different numbers of blocks.
  public let counts: [[Int]]
  /// Mean signal of each block, `[N, blocks, E, L]`; rounded, since only intervals rest on them.
  public let meanLogits: [[[[Float]]]]

  /// Blocks by parts; ``ModelFingerprint`` checks them.
  public init(counts: [[Int]], meanLogits: [[[[Float]]]]) {
    self.counts = counts
    self.meanLogits = meanLogits
  }

  /// Whether every task has blocks to draw from.
  public var canBeResampled: Bool { counts.allSatisfy { $0.count > 1 } }

  /// Each task's mean over drawn blocks, `[N, E, L]`.
  ///
  /// - Parameter draws: Indices of blocks for each task, repeated where drawn repeatedly.
  /// - Precondition: every task has at least one draw, of its own blocks.
  func mean(drawing draws: [[Int]]) -> [[[Double]]] {
    draws.enumerated().map { task, draw in
      precondition(!draw.isEmpty, "a mean is of at least one block")
      // In Double: counts come from files, and drawn repeatedly they may sum to more than an Int holds.
      let total = draw.reduce(0.0) { $0 + Double(counts[task][$1]) }
      // How often each block was drawn: a table is added once however often that was.
      var weights = [Double](repeating: 0, count: counts[task].count)
      for block in draw { weights[block] += Double(counts[task][block]) }
      var result = meanLogits[task][0].map { [Double](repeating: 0, count: $0.count) }
      for (block, weight) in weights.enumerated() where weight > 0 {
        let share = weight / total
        for (expert, row) in meanLogits[task][block].enumerated() {
          Self.add(row, times: share, to: &result[expert])
        }
      }
      return result
    }
  }

  private static func add(_ row: [Float], times share: Double, to sum: inout [Double]) {
    row.withUnsafeBufferPointer { row in
      sum.withUnsafeMutableBufferPointer { sum in
        for index in sum.indices { sum[index] += share * Double(row[index]) }
      }
    }
  }

  /// The same blocks with their tasks in another order.
  func reordered(_ sources: [Int]) -> TaskBlocks {
    TaskBlocks(counts: sources.map { counts[$0] }, meanLogits: sources.map { meanLogits[$0] })
  }

  /// The mean logits that differ from the mean over blocks by more than rounding.
  func compare(with meanLogits: [[[Double]]], into list: inout DiscrepancyList) {
    let means = mean(drawing: counts.map { Array($0.indices) })
    for (task, table) in means.enumerated() {
      for (expert, row) in table.enumerated() {
        for (layer, mean) in row.enumerated() {
          // Means of blocks may cancel: rounding is relative to the largest of them.
          let scale = self.meanLogits[task].reduce(1) { max($0, abs($1[expert][layer])) }
          let stored = meanLogits[task][expert][layer]
          guard abs(mean - stored) > Double(Float.ulpOfOne * scale) else { continue }
          list.compareExactly("blocks.meanLogits[\(task)][*][\(expert)][\(layer)]", mean, stored)
        }
      }
    }
  }
}
