import Attribution
import Calibration
import Statistics

extension VerdictKind {
  /// A calibrated verdict without the expert and the reason.
  package init(_ verdict: CalibratedVerdict) {
    self =
      switch verdict {
      case .unlikeOthers: .unlike
      case .noEvidenceOfReuse: .noEvidence
      case .inconclusive: .inconclusive
      case .notApplicable: .notApplicable
      }
  }

  /// The strongest of some verdicts: one accusation is enough, and nothing is excluded while
  /// something is open.
  static func strongest(_ kinds: [VerdictKind]) -> VerdictKind {
    for kind in [identical, consistent, leaning, unlike, inconclusive, noEvidence]
    where kinds.contains(kind) { return kind }
    return .notApplicable
  }
}

extension ReportCase {
  /// What null experts say; `nil` without any, or when they allow no test.
  package var calibration: (input: CalibrationInput, evidence: CalibratedEvidence)? {
    attributionCase.calibration.flatMap { calibration in
      calibration.result.evidence.map { (calibration.input, $0) }
    }
  }

  /// Both levels that there are, the strongest first.
  package var calibratedLevels: [CalibratedEvidence] {
    guard let result = attributionCase.calibration?.result else { return [] }
    return [result.functional, result.routing].compactMap { $0 }
  }

  /// What the verdicts of plain similarity are called: beside calibrated ones they are not the verdict.
  var similarityVerdictTitle: String { calibration == nil ? "Verdict" : "Not calibrated" }

  static func headline(_ evidence: CalibratedEvidence) -> VerdictKind {
    .strongest(
      (evidence.decisions.map(\.verdict) + [evidence.model.verdict]).map { VerdictKind($0) })
  }

  static func sentence(_ evidence: CalibratedEvidence, _ input: CalibrationInput) -> String {
    let matches = evidence.decisions.filter { VerdictKind($0.verdict) == .unlike }
    let level = percent(input.options.consistentLevel)
    var parts: [String] = []
    let model = evidence.model
    let isRareModel = VerdictKind(model.verdict) == .unlike
    if matches.isEmpty {
      let count = evidence.decisions.count
      let experts =
        "\(count == 1 ? "the one suspect expert is not" : "none of \(count) suspect experts is") "
      if isRareModel {
        parts.append(
          "the suspect as a whole is unlike other people's work at the \(level) level"
            + (model.pValue.map { " (p \(PValueText.of($0)))" } ?? ""))
        parts.append("\(experts)so by itself")
      } else {
        parts.append("\(experts)unlike other people's work at the \(level) level")
      }
    } else {
      let pairs = matches.map {
        $0.suspectExpert == $0.victimExpert
          ? $0.suspectExpert : "\($0.suspectExpert) (of \($0.victimExpert))"
      }
      let largest = matches.compactMap(\.adjustedP).max().map(PValueText.bound) ?? "not defined"
      parts.append(
        "\(matches.count) of \(evidence.decisions.count) suspect experts are unlike other people's "
          + "work at the \(level) level: \(pairs.joined(separator: ", ")), with Holm-adjusted p "
          + largest)
    }
    for kind in [VerdictKind.inconclusive, .noEvidence, .notApplicable] {
      let count = evidence.decisions.filter { VerdictKind($0.verdict) == kind }.count
      if count > 0 { parts.append("\(count) \(kind.countWords)") }
    }
    if let p = model.pValue, model.pairCount > 1, !(matches.isEmpty && isRareModel) {
      parts.append(
        "the model as a whole is \(model.verdict.words) (p \(PValueText.of(p)))")
    }
    return "screening: " + parts.joined(separator: "; ") + "."
  }

  static func limit(_ evidence: CalibratedEvidence, _ input: CalibrationInput) -> String {
    let pool = input.pool
    let first =
      "p-values speak of innocents who trained as the \(pool.nullCount) null experts of each task "
      + "did (\(pool.recipes)); nothing is known of innocents who trained in another way."
    guard evidence.level == .routing else {
      let uncovered = uncovered([evidence], input.options)
      return first + (uncovered.map { " \($0.capitalisedFirst)." } ?? "")
    }
    return first
      + " Only routers were seen: where a router was kept, its rows match although the expert "
      + "beneath one was exchanged."
  }

  static func errorRate(_ input: CalibrationInput) -> String {
    let level = percent(input.options.consistentLevel)
    return
      "error rate: of suspects whose experts are all independent work like the nulls', at most "
      + "\(level) are expected to have any expert called unlike other people's work"
  }

  /// What the tail of the nulls rests on.
  package static func fit(_ tail: NullTail) -> String {
    let spread =
      tail.spread == .pooled
      ? "one spread for all tasks (sd \(FixedDigits.text(tail.pooledStandardDeviation)) on Fisher's "
        + "scale)" : "a spread for each task"
    let shape =
      tail.shape == .student
      ? "Student's tail" : "Cantelli's bound, because the nulls do not look normal"
    var checks: [String] = []
    if let homogeneity = tail.homogeneity {
      checks.append("tasks spread alike p \(PValueText.of(homogeneity.pValue)) (Brown-Forsythe)")
    }
    if let fit = tail.fit {
      checks.append("normal p \(PValueText.of(fit.pValue)) (Anderson-Darling)")
    }
    return "null distribution: \(tail.deviations.count) nulls, \(spread), \(shape)"
      + (checks.isEmpty ? "" : "; checked: \(checks.joined(separator: ", "))")
  }

  /// What would decide what is open: a line for each reason, with the experts that it is about.
  ///
  /// - Parameter suspect: The suspect's name, where there are several.
  static func remedies(_ evidence: CalibratedEvidence, of suspect: String? = nil) -> [String] {
    var lines: [(text: String, names: [String])] = []
    func add(_ verdict: CalibratedVerdict, _ name: String) {
      guard let explanation = verdict.explanation else { return }
      let remedies = verdict.remedies(evidence.level).joined(separator: ", ")
      let text = "\(verdict.words): \(explanation); what would decide: \(remedies)"
      if let place = lines.firstIndex(where: { $0.text == text }) {
        lines[place].names.append(name)
      } else {
        lines.append((text, [name]))
      }
    }
    for decision in evidence.decisions { add(decision.verdict, decision.suspectExpert) }
    // A whole without matched pairs has nothing of its own to say.
    if evidence.model.pairCount > 0 { add(evidence.model.verdict, "model as a whole") }
    return lines.map { line in
      let subject =
        line.names.count > 8 ? "\(line.names.count) experts" : line.names.joined(separator: ", ")
      return "\(suspect.map { "\($0), " } ?? "")\(subject): \(line.text)"
    }
  }

  /// Which of the two p-values decides.
  static func decidingWords(_ options: CalibrationOptions) -> String {
    switch options.statistic {
    case .parametric:
      "p, of the tail fitted to the nulls, decides; rank p, which assumes exchangeable nulls only, is for "
        + "comparison"
    case .pooledConformal:
      "p, the rank among the nulls of all tasks, decides; rank p, among the task's own, is for comparison"
    case .withinTask: "p is rank p, the rank among the nulls of the task, and decides"
    }
  }

  /// The numbers of a finding.
  static func numbers(_ finding: TamperFinding) -> String {
    finding.quantities.map { "\($0.name) \(FixedDigits.text($0.value))" }.joined(separator: ", ")
  }

  static func percent(_ level: Double) -> String {
    let text = FixedDigits.text(100 * level, digits: 2)
    let digits = text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    return "\(digits) %"
  }
}

extension VerdictKind {
  fileprivate var countWords: String {
    switch self {
    case .identical, .consistent, .leaning, .matches, .unlike, .inconclusive, .notApplicable: words
    case .noEvidence: "without evidence of reuse"
    }
  }
}
