import Attribution
import ExactTests

extension VerdictKind {
  /// A verdict of exact tests without the expert and the reason.
  package init(_ conclusion: ExactVerdict.Conclusion) {
    self =
      switch conclusion {
      case .identical: .identical
      case .consistentWithReuse: .consistent
      case .leaningToReuse: .leaning
      case .inconclusive: .inconclusive
      case .noEvidenceOfReuse: .noEvidence
      case .matchesRouting: .matches
      case .unlikeOthers: .unlike
      case .notApplicable: .notApplicable
      }
  }
}

extension ReportCase {
  /// What exact tests say; `nil` without re-runs.
  package var exact: ExactFindings? { attributionCase.exact }

  static func headline(_ findings: ExactFindings) -> VerdictKind {
    .strongest(
      (findings.verdicts + [findings.whole]).map { VerdictKind($0.conclusion) })
  }

  /// What was tested and what came of it, in one sentence.
  static func sentence(_ findings: ExactFindings) -> String {
    let counts = findings.comparisons.map(\.rerunCount)
    let runs =
      counts.min() == counts.max()
      ? "\(counts.first ?? 0)" : "\(counts.min() ?? 0) to \(counts.max() ?? 0)"
    let experts =
      findings.comparisons.count == 1
      ? "the victim expert was" : "\(findings.comparisons.count) victim experts were each"
    let recipe = findings.comparisons.count == 1 ? "its own recipe" : "their own recipes"
    var parts = ["\(experts) ranked among \(runs) re-runs of \(recipe)"]
    let identical = findings.verdicts.filter { $0.conclusion == .identical }
    if !identical.isEmpty {
      parts.append(
        identical.map { "`\($0.expert)` is \($0.words)" }.joined(separator: ", ")
          + ", every changed weight equal")
    }
    if let result = findings.whole.result {
      parts.append(
        "a suspect that owes nothing to "
          + (findings.comparisons.count == 1 ? "it" : "any of them")
          + " ranks this close with a chance of at most \(PValueText.of(result.pValue)) (p; the smallest "
          + "that so many re-runs allow is \(PValueText.of(result.floor)))")
    }
    let found = findings.verdicts.filter { $0.conclusion == .consistentWithReuse }
    if findings.verdicts.count > 1, !found.isEmpty {
      parts.append(
        "consistent with reuse one by one: "
          + found.map { $0.victim ?? $0.expert }.joined(separator: ", "))
    }
    let reasons = findings.whole.explanations
    if !reasons.isEmpty { parts.append(reasons.joined(separator: "; ")) }
    return parts.joined(separator: "; ") + "."
  }

  /// What the p-value takes for granted, and what it cannot say.
  static func limit(_ findings: ExactFindings) -> String {
    let assumption = findings.whole.result?.assumption ?? .freshSeeds
    return assumption.sentence
      + " It says that the suspect depends on the victim's own training, not who made the suspect. "
      + "Nothing here shows that the victim is older than the suspect: without a dated commitment the "
      + "accuser could have made the reference afterwards."
  }

  static func errorRate(_ findings: ExactFindings) -> String {
    "error rate: whatever an innocent trained, how long and on what, at most "
      + "\(percent(findings.rule.level)) of innocents are called consistent with reuse"
  }

  /// What would decide what is open, one line for each verdict that is.
  static func remedies(_ findings: ExactFindings) -> [String] {
    let open = (findings.verdicts.count > 1 ? findings.verdicts : []) + [findings.whole]
    return open.filter { !$0.wouldDecide.isEmpty }.map { verdict in
      let reasons =
        verdict.explanations.isEmpty ? "" : ": \(verdict.explanations.joined(separator: "; "))"
      return "\(verdict.victim ?? verdict.expert): \(verdict.words)\(reasons); what would decide: "
        + verdict.wouldDecide.map { $0.words() }.joined(separator: ", ")
    }
  }

  /// One row for each victim expert and one for the suspect as a whole, as every report has them.
  static func rows(_ findings: ExactFindings) -> [ExactRow] {
    let experts = findings.verdicts.enumerated().map { index, verdict in
      ExactRow(
        verdict, subject: verdict.victim ?? verdict.expert,
        statistics: findings.statistics[index])
    }
    return findings.verdicts.count == 1
      ? experts
      : experts + [ExactRow(findings.whole, subject: "all together", statistics: [])]
  }
}

/// What one exact verdict rests on, as text.
package struct ExactRow: Sendable {
  package let subject: String
  package let nearest: String
  package let kind: VerdictKind
  package let statistic: String
  package let reruns: String
  package let pValue: String
  package let floor: String
  package let adjusted: String

  init(_ verdict: ExactVerdict, subject: String, statistics: [Double]) {
    self.subject = subject
    nearest = verdict.victim == nil ? "" : verdict.expert
    kind = VerdictKind(verdict.conclusion)
    statistic = statistics.first.map { FixedDigits.text($0) } ?? ""
    let others = statistics.dropFirst()
    reruns =
      others.isEmpty
      ? "" : "\(FixedDigits.text(others.min() ?? 0)) to \(FixedDigits.text(others.max() ?? 0))"
    pValue = verdict.result.map { PValueText.of($0.pValue) } ?? "-"
    floor = verdict.result.map { PValueText.of($0.floor) } ?? "-"
    adjusted = verdict.adjustedPValue.map(PValueText.of) ?? "-"
  }
}
