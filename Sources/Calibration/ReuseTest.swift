import Statistics

/// The p-values of one comparison: one pair of experts, or the models as wholes.
public struct ReuseTest: Codable, Sendable, Equatable {
  /// The similarities.
  public let scores: ResidualScores
  /// The rank among the K nulls of the task: assumes exchangeability only.
  public let withinTaskP: Double
  /// The rank among the nulls of all tasks, and how many those are; `nil` with too few.
  public let pooledP: Double?
  /// How many nulls the pooled rank is taken among.
  public let pooledNullCount: Int?
  /// The fitted tail; `nil` with too few nulls or when they do not vary.
  public let tail: NullTail?
  /// Where the suspect lies in the fitted tail.
  public let position: NullTail.Position?

  /// Tests one comparison.
  ///
  /// - Parameter pool: The comparisons whose nulls are pooled, one a task; this one's among them.
  package init(_ scores: ResidualScores, pool: [ResidualScores]) {
    self.scores = scores
    withinTaskP = scores.withinTaskP
    let pooled = PooledConformal.value(
      of: scores.suspectZ, own: scores.nullZ, groups: pool.map(\.nullZ))
    pooledP = pooled?.pValue
    pooledNullCount = pooled?.nullCount
    let tail = NullTail(pool.map { ($0.victimExpert, $0.nullZ) })
    self.tail = tail
    position = tail?.position(of: scores.suspectZ, victimExpert: scores.victimExpert)
  }

  /// The p-value that decides; `nil` where it could not be formed.
  public func pValue(_ statistic: CalibrationOptions.Statistic) -> Double? {
    switch statistic {
    case .parametric: position?.pValue
    case .pooledConformal: pooledP
    case .withinTask: withinTaskP
    }
  }

  /// What the p-values say.
  ///
  /// - Parameters:
  ///   - adjustedP: The p-value that decides, adjusted for `testCount` tests.
  ///   - floor: The least residual that is unlike other people's work; `nil` for any.
  package func verdict(
    adjustedP: Double?, testCount: Int, options: CalibrationOptions, floor: Double? = nil
  ) -> CalibratedVerdict {
    let have = scores.leaveOneOut.count
    guard let pValue = pValue(options.statistic), let adjustedP else {
      let needed =
        options.statistic == .pooledConformal
        ? PooledConformal.leastNullCount : NullTail.leastNullCount
      return .inconclusive(
        have < needed ? .tooFewNulls(have: have, needed: needed) : .nullsDoNotVary)
    }
    if adjustedP <= options.consistentLevel {
      if let floor, scores.score < floor { return .inconclusive(.smallResidual) }
      return .unlikeOthers(of: scores.victimExpert)
    }
    if pValue > options.noEvidenceLevel { return .noEvidenceOfReuse }
    let needed = ConformalPValue.nullsNeeded(
      for: options.consistentLevel / Double(max(testCount, 1)))
    switch options.statistic {
    case .parametric: return .inconclusive(.betweenLevels)
    case .withinTask:
      return .inconclusive(
        have < needed ? .tooFewNulls(have: have, needed: needed) : .betweenLevels)
    case .pooledConformal:
      let pooled = pooledNullCount ?? 0
      return .inconclusive(
        pooled < needed ? .tooFewNulls(have: pooled, needed: needed) : .betweenLevels)
    }
  }
}
