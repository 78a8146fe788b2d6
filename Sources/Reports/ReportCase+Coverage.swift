import Calibration

extension ReportCase {
  /// That nulls do not cover some of the victim's experts, with what they explain of them; `nil` when they do,
  /// or when only routing was compared.
  static func uncovered(
    _ evidence: [CalibratedEvidence], _ options: CalibrationOptions
  ) -> String? {
    let decisions = evidence.filter { $0.level == .functional }.flatMap(\.decisions)
    var seen: [String] = []
    var coverages: [NullCoverage] = []
    for decision in decisions where !seen.contains(decision.victimExpert) {
      guard let coverage = decision.test?.scores.coverage, !coverage.isCovered else { continue }
      seen.append(decision.victimExpert)
      coverages.append(coverage)
    }
    guard !coverages.isEmpty else { return nil }
    return
      "the nulls leave \(range(coverages.map(\.victim))) of the victim's responses unexplained "
      + "(\(seen.joined(separator: ", "))), of each other's \(range(coverages.flatMap(\.nulls))): the victim "
      + "was trained as no null was, perhaps for longer; p is too small for innocents who trained "
      + "likewise, so a residual of at least \(FixedDigits.text(options.leastUncoveredResidual, digits: 2)) is asked for"
  }

  private static func range(_ shares: [Double]) -> String {
    let ends = [shares.min(), shares.max()].compactMap { $0 }
      .map { FixedDigits.text(100 * $0, digits: 0) }
    return Set(ends).count == 1 ? "\(ends[0]) %" : "\(ends.joined(separator: " to ")) %"
  }
}
