import Attribution
import Calibration

extension VerdictKind {
  /// What a calibrated verdict amounts to; a method that does not apply leaves it open.
  package init(_ verdict: CalibratedVerdict) {
    self =
      switch verdict {
      case .consistentWithReuse: .consistent
      case .noEvidenceOfReuse: .noEvidence
      case .inconclusive, .notApplicable: .inconclusive
      }
  }
}

extension ReportCase {
  /// The strongest evidence of null experts; `nil` without them.
  package var calibrated: CalibratedEvidence? { attributionCase.calibration?.result.evidence }

  /// The strongest calibrated verdict among the experts.
  package var calibratedHeadline: VerdictKind? {
    guard let kinds = calibrated?.decisions.map({ VerdictKind($0.verdict) }) else { return nil }
    if kinds.contains(.consistent) { return .consistent }
    return kinds.contains(.inconclusive) ? .inconclusive : .noEvidence
  }

  /// What null experts say, in one sentence with its p-values; `nil` without them.
  package var calibratedSentence: String? {
    guard let evidence = calibrated, let input = attributionCase.calibration?.input else {
      return nil
    }
    func decisions(_ kind: VerdictKind) -> [ExpertDecision] {
      evidence.decisions.filter { VerdictKind($0.verdict) == kind }
    }
    let found = decisions(.consistent)
    let largest = found.compactMap(\.adjustedP).max()
    let parts = [
      (decisions(.inconclusive).count, VerdictKind.inconclusive.words),
      (decisions(.noEvidence).count, "without evidence of reuse"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let nulls =
      evidence.level == .functional
      ? "\(input.pool.nullCount) independent experts a task"
      : "\(input.nullFingerprints.count) independent merges"
    return "beyond what \(nulls) have in common with the victim (\(evidence.level.words)), "
      + "\(found.count) of \(evidence.decisions.count) suspect experts "
      + "\(found.count == 1 ? "is" : "are") \(VerdictKind.consistent.words)"
      + (largest.map { " (largest adjusted p \(FixedDigits.probability($0)))" } ?? "")
      + (parts.isEmpty ? "" : "; \(parts.joined(separator: ", "))") + "."
  }

  /// Whom p-values speak of; `nil` without null experts.
  package var calibratedLimit: String? {
    guard let pool = attributionCase.calibration?.input.pool else { return nil }
    return "A p-value says how rarely independent work on the same task comes as close, if it was "
      + "trained like the nulls: \(pool.recipes)."
  }
}
