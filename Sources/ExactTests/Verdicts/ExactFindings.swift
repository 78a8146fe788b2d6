import Diagnostics

/// All that exact tests say about one suspect: about each victim expert, and about all of them together.
///
/// Every verdict follows from the comparisons, so a reader recomputes all of it without a model.
public struct ExactFindings: Sendable, Hashable {
  /// One for each victim expert.
  public let comparisons: [RerunComparison]
  /// How p-values become verdicts.
  public let rule: ExactVerdictRule
  /// T_0...T_K of each victim expert: the largest over the suspect's experts.
  public let statistics: [[Double]]
  /// One verdict for each victim expert, adjusted over them (Holm).
  public let verdicts: [ExactVerdict]
  /// The verdict on whether the suspect depends on any of the experts: by their ranks together.
  public let whole: ExactVerdict

  /// What the suspect as a whole is called.
  public static let wholeName = "the suspect as a whole"

  /// Ranks the victim's experts.
  ///
  /// - Throws: ``ExactTestError``; for comparisons of one victim expert, for none.
  public init(
    _ comparisons: [RerunComparison], rule: ExactVerdictRule
  ) throws(ExactTestError) {
    guard !comparisons.isEmpty else { throw .noReruns }
    var evidence: [ExpertEvidence] = []
    var ranks: [RerunRank] = []
    var statistics: [[Double]] = []
    var seen: Set<String> = []
    for comparison in comparisons {
      guard seen.insert(comparison.victimExpert).inserted else {
        throw .duplicateName(comparison.victimExpert)
      }
      evidence.append(try comparison.evidence())
      let rank = try comparison.rank()
      statistics.append([rank.victim] + rank.reruns)
      if comparison.plan == nil, !comparison.refusals.contains(where: \.refusesReruns) {
        ranks.append(rank)
      }
    }
    self.comparisons = comparisons
    self.rule = rule
    self.statistics = statistics
    verdicts = try rule.verdicts(evidence)
    whole = try Self.whole(evidence, ranks, rule)
  }

  private static func whole(
    _ evidence: [ExpertEvidence], _ ranks: [RerunRank], _ rule: ExactVerdictRule
  ) throws(ExactTestError) -> ExactVerdict {
    // One expert's test is the suspect's; numbers of re-runs that depend on what they showed do not combine.
    let tests: [ExactTestResult] =
      if evidence.count == 1 { evidence[0].tests } else if ranks.isEmpty { [] } else {
        [ranks.count == 1 ? try ranks[0].result() : try RankCombination(ranks).result()]
      }
    let refusals = tests.isEmpty ? evidence.flatMap(\.refusals) : []
    let whole = try ExpertEvidence(
      expert: wholeName, victim: nil, tests: tests,
      identical: evidence.lazy.compactMap(\.identical).first, refusals: refusals)
    return try rule.verdicts([whole])[0]
  }
}

extension ExactFindings: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case comparisons, rule, statistics, verdicts, whole
  }

  /// Reads findings as they stand; ``recomputed()`` tells whether they follow.
  ///
  /// - Throws: ``ExactTestError`` and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    comparisons = try container.decode([RerunComparison].self, forKey: .comparisons)
    rule = try container.decode(ExactVerdictRule.self, forKey: .rule)
    statistics = try container.decode([[Double]].self, forKey: .statistics)
    verdicts = try container.decode([ExactVerdict].self, forKey: .verdicts)
    whole = try container.decode(ExactVerdict.self, forKey: .whole)
    for (name, count) in [("verdicts", verdicts.count), ("statistics", statistics.count)]
    where count != comparisons.count {
      throw ExactTestError.countMismatch(name: name, expected: comparisons.count, actual: count)
    }
    for (index, values) in statistics.enumerated()
    where values.count != comparisons[index].rerunCount + 1 {
      throw ExactTestError.countMismatch(
        name: "statistics", expected: comparisons[index].rerunCount + 1, actual: values.count)
    }
  }

  /// The findings that follow from the comparisons and the rule.
  ///
  /// - Throws: ``ExactTestError``.
  public func recomputed() throws(ExactTestError) -> ExactFindings {
    try ExactFindings(comparisons, rule: rule)
  }
}
