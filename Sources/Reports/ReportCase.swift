import Attribution
import Calibration
import RoutingFingerprints

/// A case, recomputed, with the words that every report uses for it.
package struct ReportCase: Sendable {
  package let attributionCase: AttributionCase
  /// Both fingerprints, the suspect's tasks in the victim's order.
  package let alignment: TaskAlignment
  /// How many stored values do not follow from the rest of the case.
  package let discrepancyCount: Int

  /// Recomputes a case.
  ///
  /// - Parameter isNew: Whether it was just computed, not read: then it is not computed again.
  /// - Throws: what `TaskAlignment` and `AttributionCase.discrepancies()` throw.
  package init(_ attributionCase: AttributionCase, isNew: Bool = false) throws {
    self.attributionCase = attributionCase
    alignment = try TaskAlignment(
      victim: attributionCase.victim, suspect: attributionCase.suspect)
    discrepancyCount = isNew ? 0 : try attributionCase.discrepancies().count
  }
}

/// What a verdict amounts to, without the expert and the reason.
package enum VerdictKind: Sendable, Hashable, CaseIterable {
  /// Of exact tests: weights are equal.
  case identical
  /// Of exact tests only: the level is reached.
  case consistent
  /// Of exact tests: nearly, or as small as the test could be.
  case leaning
  /// Screening by routing: alike, which independent work on the task explains, too.
  case matches
  /// Screening with null experts: unlike all of them.
  case unlike
  case inconclusive, noEvidence
  /// Routing that does not answer to probes, or a test that was refused.
  case notApplicable

  package init(_ verdict: Verdict) {
    self =
      switch verdict {
      case .matchesRouting: .matches
      case .inconclusive: .inconclusive
      case .noEvidenceOfReuse: .noEvidence
      }
  }

  /// A verdict as ``Verdict/description`` words it.
  package init?(describedAs text: String) {
    guard let kind = Self.allCases.first(where: { text.hasPrefix($0.words) }) else { return nil }
    self = kind
  }

  /// The words of evidence.
  package var words: String {
    switch self {
    case .identical: "identical"
    case .consistent: "consistent with reuse"
    case .leaning: "inconclusive, leaning to reuse"
    case .matches: "matches the routing"
    case .unlike: "unlike other people's work (screening)"
    case .inconclusive: "inconclusive"
    case .noEvidence: "no evidence of reuse"
    case .notApplicable: "not applicable"
    }
  }

  /// The words without what a table's heading says.
  package var shortWords: String {
    switch self {
    case .unlike: "unlike others' work"
    case .leaning: "leaning to reuse"
    default: words
    }
  }
}

extension ReportCase {
  package var attributions: [ExpertAttribution] { attributionCase.attributions }

  /// The strongest verdict: of exact tests where there are some, else of null experts, else of routing.
  package var headline: VerdictKind {
    if let exact { return Self.headline(exact) }
    if let calibration { return Self.headline(calibration.evidence) }
    let summary = attributionCase.summary
    if summary.matchingCount > 0 { return .matches }
    return summary.inconclusiveCount > 0 ? .inconclusive : .noEvidence
  }

  /// What a model is called: the last part of its label, which may be a path.
  package static func name(of label: String) -> String {
    label.split(separator: "/").last.map(String.init) ?? label
  }

  /// The verdict in one sentence, with its numbers and thresholds.
  package var sentence: String {
    if let exact { return Self.sentence(exact) }
    if let calibration { return Self.sentence(calibration.evidence, calibration.input) }
    let summary = attributionCase.summary
    let matched = attributions.filter { VerdictKind($0.verdict) == .matches }
    guard matched.isEmpty else {
      return "\(summary.statement), with top-1 similarities of \(range(matched.map(\.similarity))) "
        + "and attribution margins of \(range(matched.compactMap(\.attributionMargin))) "
        + "\(needed)\(rest)."
    }
    let count = summary.suspectExpertCount
    let subject =
      count == 1
      ? "the one suspect expert does not match" : "none of \(count) suspect experts matches"
    let similarity = attributions.map(\.similarity).max().map(number) ?? "not defined"
    let margin = attributions.compactMap(\.attributionMargin).max().map(number)
    if attributionCase.attributions.allSatisfy({ $0.verdict == .inconclusive(.routerUntrained) }) {
      return "\(InconclusiveReason.routerUntrained.explanation)."
    }
    return "\(subject) the routing of a victim expert: the largest top-1 similarity is "
      + "\(similarity) and "
      + (margin.map { "the largest attribution margin \($0)" } ?? "there is no attribution margin")
      + " \(needed)\(rest)."
  }

  private var needed: String {
    let thresholds = attributionCase.thresholds
    return "(\(number(thresholds.consistentSimilarity)) and "
      + "\(number(thresholds.consistentMargin)) are needed)"
  }

  /// How many experts the sentence has not spoken of.
  private var rest: String {
    let summary = attributionCase.summary
    let parts = [
      (summary.inconclusiveCount, VerdictKind.inconclusive.words),
      (summary.noEvidenceCount, "without evidence of reuse"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return parts.isEmpty ? "" : "; \(parts.joined(separator: ", "))"
  }

  /// A similarity or margin as every report writes it.
  package func number(_ value: Double) -> String {
    let thresholds = attributionCase.thresholds
    return FixedDigits.text(
      value,
      besides: [
        thresholds.consistentSimilarity, thresholds.consistentMargin,
        thresholds.noEvidenceSimilarity, thresholds.noEvidenceMargin,
      ])
  }

  private func range(_ values: [Double]) -> String {
    guard let least = values.min(), let most = values.max() else { return "not defined" }
    let (low, high) = (number(least), number(most))
    return low == high ? low : "\(low) to \(high)"
  }

  /// What the method cannot tell, as one line; the case's own words cannot remove it.
  package var limit: String {
    if let exact { return Self.limit(exact) }
    if let calibration { return Self.limit(calibration.evidence, calibration.input) }
    return "Without re-runs or null experts, innocents who trained on the same tasks cannot be "
      + "excluded. " + AttributionCase.standardLimits.joined(separator: " ")
  }

  /// How many values differ from what follows from the mean logits; `nil` when none does.
  package var discrepancyWarning: String? {
    guard discrepancyCount > 0 else { return nil }
    let values = discrepancyCount == 1 ? "1 value" : "\(discrepancyCount) values"
    return "This case contradicts itself: \(values) do not follow from its mean logits and "
      + "thresholds. Do not rely on this report; `routemark verify` lists the values."
  }

  /// The thresholds in one line.
  package var thresholdLine: String {
    let thresholds = attributionCase.thresholds
    return "matches the routing: top-1 similarity at least "
      + "\(number(thresholds.consistentSimilarity)) and attribution margin at least "
      + "\(number(thresholds.consistentMargin)); no evidence of reuse: below "
      + "\(number(thresholds.noEvidenceSimilarity)) or below "
      + "\(number(thresholds.noEvidenceMargin)); otherwise inconclusive"
  }

  /// How often innocents are accused, or why that is not known.
  package var errorRate: String {
    if let exact { return Self.errorRate(exact) }
    return calibration.map { Self.errorRate($0.input) } ?? Self.noErrorRate
  }

  /// Why fixed thresholds come without an error rate.
  package static let noErrorRate =
    "no calibrated error rate: thresholds are fixed, not fitted to innocent models"
}

extension ReportCase {
  /// What the routing of several experts says together; nothing beside calibrated verdicts.
  var routingNotes: [String] {
    calibration == nil ? attributionCase.summary.cloneNotes : []
  }
}
