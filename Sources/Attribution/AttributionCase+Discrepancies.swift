import Diagnostics
import Documents
import ExactTests
import RoutingFingerprints

extension AttributionCase {
  /// The values of this case that do not follow from its mean logits and thresholds, and from its
  /// null fingerprints and response Gram matrices.
  ///
  /// Recomputes scores, preferences, similarities, attributions, verdicts, summary, limits, the
  /// digests and counts in the provenance, every number of the calibration, and intervals.
  ///
  /// - Returns: Paths such as `attributions[2].margin`, with both values; nothing when numbers
  ///   agree to `Discrepancy.tolerance` and everything else exactly.
  /// - Throws: what ``recomputed()`` throws.
  public func discrepancies() throws -> [Discrepancy] {
    let expected = try recomputed()
    var list = DiscrepancyList()
    list.append(try victim.discrepancies(), under: "victim")
    list.append(try suspect.discrepancies(), under: "suspect")
    compareMatrix(with: expected.matrix, into: &list)
    list.compareExactly("attributions.count", attributions.count, expected.attributions.count)
    for (index, pair) in zip(attributions, expected.attributions).enumerated() {
      pair.0.compare(with: pair.1, path: "attributions[\(index)]", into: &list)
    }
    compareSummary(with: expected.summary, into: &list)
    list.compareExactly("limits", limits, expected.limits)
    if version >= .two { list.compareExactly("notes", notes, expected.notes) }
    compareProvenance(with: expected.provenance, into: &list)
    if let calibration, let recomputed = expected.calibration {
      try calibration.compare(with: recomputed, into: &list)
    }
    try list.compareLeaves("exact", exact, expected.exact)
    // Whoever could choose the level could choose the verdict.
    if let exact { try list.compareLeaves("exact.rule", exact.rule, ExactVerdictRule()) }
    try list.compareLeaves("intervals", intervals, expected.intervals)
    return list.discrepancies
  }

  private func compareMatrix(
    with expected: SimilarityMatrix, into list: inout DiscrepancyList
  ) {
    list.compareExactly("matrix.victimExperts", matrix.victimExperts, expected.victimExperts)
    list.compareExactly("matrix.suspectExperts", matrix.suspectExperts, expected.suspectExperts)
    list.compare("matrix.score", matrix.score, expected.score)
    list.compare("matrix.preference", matrix.preference, expected.preference)
    list.compare("matrix.similarity", matrix.similarity, expected.similarity)
  }

  private func compareSummary(
    with expected: AttributionSummary, into list: inout DiscrepancyList
  ) {
    list.compareExactly(
      "summary.suspectExpertCount", summary.suspectExpertCount, expected.suspectExpertCount)
    list.compareExactly(
      "summary.matchingCount", summary.matchingCount, expected.matchingCount)
    list.compareExactly(
      "summary.noEvidenceCount", summary.noEvidenceCount, expected.noEvidenceCount)
    list.compareExactly(
      "summary.inconclusiveCount", summary.inconclusiveCount, expected.inconclusiveCount)
    list.compareExactly("summary.matches.count", summary.matches.count, expected.matches.count)
    for (index, pair) in zip(summary.matches, expected.matches).enumerated() {
      let path = "summary.matches[\(index)]"
      list.compareExactly("\(path).victimIndex", pair.0.victimIndex, pair.1.victimIndex)
      list.compareExactly("\(path).victimExpert", pair.0.victimExpert, pair.1.victimExpert)
      list.compareExactly("\(path).suspectIndices", pair.0.suspectIndices, pair.1.suspectIndices)
      list.compareExactly("\(path).suspectExperts", pair.0.suspectExperts, pair.1.suspectExperts)
    }
    list.compareExactly(
      "summary.unmatchedVictimExperts", summary.unmatchedVictimExperts,
      expected.unmatchedVictimExperts)
  }

  private func compareProvenance(
    with expected: CaseProvenance, into list: inout DiscrepancyList
  ) {
    let subjects = [
      ("victim", provenance.victim, expected.victim),
      ("suspect", provenance.suspect, expected.suspect),
    ]
    for (role, stored, recomputed) in subjects {
      let path = "provenance.\(role)"
      list.compareExactly(
        "\(path).modelDigest", stored.modelDigest?.description ?? "unknown",
        recomputed.modelDigest?.description ?? "unknown")
      list.compareExactly("\(path).suiteDigest", stored.suiteDigest, recomputed.suiteDigest)
      list.compareExactly("\(path).counts", stored.counts, recomputed.counts)
    }
  }
}

extension ExpertAttribution {
  fileprivate func compare(
    with expected: ExpertAttribution, path: String, into list: inout DiscrepancyList
  ) {
    list.compareExactly("\(path).suspectIndex", suspectIndex, expected.suspectIndex)
    list.compareExactly("\(path).suspectExpert", suspectExpert, expected.suspectExpert)
    list.compare("\(path).profile", profile, expected.profile)
    list.compareExactly("\(path).topOneIndex", topOneIndex, expected.topOneIndex)
    list.compareExactly("\(path).topOneExpert", topOneExpert, expected.topOneExpert)
    list.compare("\(path).similarity", similarity, expected.similarity)
    list.compareExactly(
      "\(path).runnerUpIndex", runnerUpIndex.map(String.init) ?? "nothing",
      expected.runnerUpIndex.map(String.init) ?? "nothing")
    list.compareExactly(
      "\(path).runnerUpExpert", runnerUpExpert ?? "nothing", expected.runnerUpExpert ?? "nothing")
    list.compare("\(path).runnerUpSimilarity", runnerUpSimilarity, expected.runnerUpSimilarity)
    list.compare("\(path).margin", attributionMargin, expected.attributionMargin)
    list.compareExactly("\(path).carriesNoSignal", carriesNoSignal, expected.carriesNoSignal)
    compareThresholds(with: expected.thresholds, path: "\(path).thresholds", into: &list)
    list.compareExactly("\(path).verdict", verdict, expected.verdict)
  }

  private func compareThresholds(
    with expected: AttributionThresholds, path: String, into list: inout DiscrepancyList
  ) {
    let named = [
      ("consistentSimilarity", \AttributionThresholds.consistentSimilarity),
      ("consistentMargin", \.consistentMargin),
      ("noEvidenceSimilarity", \.noEvidenceSimilarity),
      ("noEvidenceMargin", \.noEvidenceMargin),
    ]
    for (name, threshold) in named {
      list.compareExactly(
        "\(path).\(name)", thresholds[keyPath: threshold], expected[keyPath: threshold])
    }
  }
}
