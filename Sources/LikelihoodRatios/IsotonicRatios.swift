/// The best calibration that keeps the order: pool adjacent violators.
///
/// Equation: the probabilities p_1 <= ... <= p_n in the order of the scores with the least
/// sum of w_i (y_i - p_i)^2, both kinds of equal total weight; LR = p / (1 - p)
/// Source: Ayer et al. (1955); `lir`'s `IsotonicCalibrator`. Equal scores get equal values.
public enum IsotonicRatios {
  /// log10 of the ratios of the scores themselves; infinite where one kind is alone.
  public static func logRatios(_ scores: LabelledScores) -> (reuse: [Double], innocent: [Double]) {
    let (reuse, innocent) = (scores.reuse.count, scores.innocent.count)
    let values = scores.reuse + scores.innocent
    let order = values.indices.sorted { values[$0] < values[$1] }
    // Counts instead of weights: whole numbers, so that one kind alone gives exactly 0 or 1.
    var blocks: [(reuse: Int, innocent: Int, members: [Int])] = []
    var place = 0
    while place < order.count {
      var block: (reuse: Int, innocent: Int, members: [Int]) = (0, 0, [])
      let score = values[order[place]]
      while place < order.count, values[order[place]] == score {
        if order[place] < reuse { block.reuse += 1 } else { block.innocent += 1 }
        block.members.append(order[place])
        place += 1
      }
      // Pool while the block before is not below: a / b >= c / d.
      while let last = blocks.last, last.reuse * block.innocent >= block.reuse * last.innocent {
        blocks.removeLast()
        block.reuse += last.reuse
        block.innocent += last.innocent
        block.members += last.members
      }
      blocks.append(block)
    }
    var result = [Double](repeating: 0, count: values.count)
    for block in blocks {
      let forReuse = Double(block.reuse) / Double(reuse)
      let forInnocent = Double(block.innocent) / Double(innocent)
      let ratio = logOdds(forReuse / (forReuse + forInnocent))
      for member in block.members { result[member] = ratio }
    }
    return (Array(result.prefix(reuse)), Array(result.dropFirst(reuse)))
  }
}
