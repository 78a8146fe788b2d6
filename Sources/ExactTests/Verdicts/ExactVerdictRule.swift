import Statistics

/// From evidence to words, by exact p-values alone.
///
/// 1. Equal weights speak for themselves: "identical to ...". No test counts beside them.
/// 2. The exact tests of an expert become one p-value, which is adjusted over the experts that have one
///    (Holm). At most ``level``: "consistent with reuse".
/// 3. At most ``leaningLevel``, or at a floor above the level: "inconclusive, leaning to reuse",
///    with what would decide it. A floor above ``largestLeaningFloor`` says too little for that:
///    "inconclusive".
/// 4. Else "no evidence of reuse", unless the suspect is in coordinates that cannot be compared or
///    reuse would hardly have been noticed: "inconclusive".
/// 5. Where no exact test was possible, screening has words of its own and never these.
public struct ExactVerdictRule: Sendable, Hashable, Codable {
  /// What an adjusted p-value must reach for "consistent with reuse".
  public let level: Double
  /// What it must reach for "leaning to reuse".
  public let leaningLevel: Double
  /// The largest floor, that of three re-runs, at which being first means anything.
  public static let largestLeaningFloor = 0.25

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case level
    case leaningLevel = "leaning_level"
  }

  /// Reads and checks levels.
  ///
  /// - Throws: ``ExactTestError`` as the other initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      level: try container.decode(Double.self, forKey: .level),
      leaningLevel: try container.decode(Double.self, forKey: .leaningLevel))
  }

  /// The rule at 1 % and 5 %, or others.
  ///
  /// - Throws: ``ExactTestError/valueOutOfRange(name:range:actual:)`` unless
  ///   0 < `level` <= `leaningLevel` < 1.
  public init(level: Double = 0.01, leaningLevel: Double = 0.05) throws(ExactTestError) {
    guard level > 0, level < 1 else {
      throw .valueOutOfRange(name: "level", range: "above 0 and below 1", actual: "\(level)")
    }
    guard leaningLevel >= level, leaningLevel < 1 else {
      throw .valueOutOfRange(
        name: "leaning_level", range: "at least \(level) and below 1", actual: "\(leaningLevel)")
    }
    self.level = level
    self.leaningLevel = leaningLevel
  }

  /// One verdict for each expert, in the order given.
  ///
  /// - Throws: ``ExactTestError/duplicateName(_:)`` for two entries of one pair.
  public func verdicts(_ evidence: [ExpertEvidence]) throws(ExactTestError) -> [ExactVerdict] {
    var seen: Set<[String?]> = []
    for entry in evidence where !seen.insert([entry.expert, entry.victim]).inserted {
      throw .duplicateName(entry.expert)
    }
    var results: [ExactTestResult?] = []
    for entry in evidence { results.append(entry.identical == nil ? try entry.combined() : nil) }
    let tested = results.indices.filter { results[$0] != nil }
    let adjusted = Holm.adjusted(tested.compactMap { results[$0]?.pValue })
    let adjustedByPlace = Dictionary(uniqueKeysWithValues: zip(tested, adjusted))
    return evidence.indices.map { place in
      verdict(
        evidence[place], result: results[place], adjusted: adjustedByPlace[place],
        familySize: tested.count)
    }
  }

  private func verdict(
    _ evidence: ExpertEvidence, result: ExactTestResult?, adjusted: Double?, familySize: Int
  ) -> ExactVerdict {
    let (conclusion, reason) = conclusion(evidence, result: result, adjusted: adjusted)
    return ExactVerdict(
      expert: evidence.expert, victim: evidence.victim, conclusion: conclusion, reason: reason,
      result: result, adjustedPValue: adjusted, identical: evidence.identical,
      refusals: evidence.refusals,
      wouldDecide: steps(evidence, conclusion: conclusion, familySize: familySize))
  }

  private func conclusion(
    _ evidence: ExpertEvidence, result: ExactTestResult?, adjusted: Double?
  ) -> (ExactVerdict.Conclusion, ExactVerdict.Reason?) {
    if evidence.identical != nil { return (.identical, nil) }
    if let result, let adjusted {
      if adjusted <= level { return (.consistentWithReuse, nil) }
      if adjusted <= leaningLevel { return (.leaningToReuse, .betweenLevels) }
      guard result.isAtFloor else {
        if evidence.refusals.contains(.incomparableCoordinates) { return (.inconclusive, nil) }
        return evidence.screening == .couldNotTell
          ? (.inconclusive, .couldNotTell) : (.noEvidenceOfReuse, nil)
      }
      return result.floor <= Self.largestLeaningFloor
        ? (.leaningToReuse, .atFloor) : (.inconclusive, .tooFewReruns)
    }
    // What a shared seed or a wrong parent does to re-runs it does to null experts too.
    let misleads: Set<ExactRefusal> = [.sharedSeed, .anotherParent, .rerunsOfAnotherTask]
    if evidence.refusals.contains(where: misleads.contains) { return (.notApplicable, nil) }
    if evidence.refusals.contains(.incomparableCoordinates) { return (.inconclusive, nil) }
    switch evidence.screening {
    case .matchesRouting: return (.matchesRouting, nil)
    case .unlikeOthers: return (.unlikeOthers, nil)
    case .nothingFound: return (.noEvidenceOfReuse, nil)
    case .couldNotTell: return (.inconclusive, .couldNotTell)
    case nil:
      return evidence.refusals.isEmpty ? (.inconclusive, .nothingTested) : (.notApplicable, nil)
    }
  }

  private func steps(
    _ evidence: ExpertEvidence, conclusion: ExactVerdict.Conclusion, familySize: Int
  ) -> [DecidingStep] {
    switch conclusion {
    case .identical, .consistentWithReuse, .noEvidenceOfReuse: return []
    case .leaningToReuse, .inconclusive, .matchesRouting, .unlikeOthers, .notApplicable: break
    }
    var steps: [DecidingStep] = []
    let needed = RerunRank.rerunsNeeded(for: level / Double(max(familySize, 1)))
    let reruns = evidence.tests.filter(\.test.isOfReruns)
    for test in reruns {
      let count = Int((1 / test.floor).rounded()) - 1
      if needed > count { steps.append(.moreReruns(needed - count)) }
    }
    if evidence.tests.isEmpty {
      if evidence.screening == .matchesRouting || evidence.screening == .couldNotTell {
        steps.append(.weights)
      }
      if evidence.refusals.isEmpty { steps.append(.moreReruns(needed)) }
    }
    let subsets = evidence.tests.filter { $0.test == .secretSubset }
    steps += subsets.flatMap(\.wouldDecide)
    if subsets.isEmpty { steps.append(.secretSubset) }
    if !evidence.tests.contains(where: { $0.test == .keyedMark }) { steps.append(.keyedMark) }
    return steps
  }
}
