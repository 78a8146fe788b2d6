import Statistics

/// A conformal p-value among the nulls of all tasks.
///
/// Every null is standardised by mean and sd of the other nulls of its task, the suspect by those
/// of all nulls of its task:
///
/// Equation: u_k = (z_k - mean_(-k)) / (sd_(-k) sqrt(1 + 1/(K-1))), u = (z - mean) / (sd sqrt(1 + 1/K))
///
/// Assumption: up to location and scale, null scores are distributed alike in all tasks. Then u_k
/// and u are, too, except that u's sd rests on one null more, so that large values are a little
/// rarer for a suspect: the p-value errs on the safe side.
enum PooledConformal {
  /// The fewest nulls of a task: two must be left for an sd when one is left out.
  static let leastNullCount = 4

  /// The p-value, and among how many nulls it is a rank.
  ///
  /// - Parameters:
  ///   - groups: Null scores of all tasks on Fisher's scale; `own` is the suspect's task.
  /// - Returns: `nil` when the own task has too few nulls or they do not vary.
  static func value(
    of z: Double, own: [Double], groups: [[Double]]
  ) -> (pValue: Double, nullCount: Int)? {
    guard own.count >= leastNullCount, let score = standardised(z, by: own) else { return nil }
    let nulls = groups.filter { $0.count >= leastNullCount }.flatMap { group in
      group.indices.compactMap { left in
        standardised(
          group[left], by: group.indices.filter { $0 != left }.map { group[$0] })
      }
    }
    return (ConformalPValue.value(of: score, among: nulls), nulls.count)
  }

  private static func standardised(_ z: Double, by others: [Double]) -> Double? {
    let moments = Moments(others)
    guard moments.standardDeviation > 0 else { return nil }
    return (z - moments.mean)
      / (moments.standardDeviation * (1 + 1 / Double(moments.count)).squareRoot())
  }
}
