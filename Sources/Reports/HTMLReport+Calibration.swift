import Attribution
import Calibration

extension HTMLReport {
  /// What null experts say: verdicts with p-values and null distributions, a level a section, then what
  /// was probably done to the suspect.
  func writeCalibration(to page: inout MarkupWriter) {
    for evidence in report.calibratedLevels { write(evidence, to: &page) }
    writeFindings(to: &page)
  }

  private func write(_ evidence: CalibratedEvidence, to page: inout MarkupWriter) {
    page.element(.section) { section in
      section.element(.h2, text: "Screening with null experts, \(evidence.level.words)")
      verdictTable(evidence).write(to: &section)
      let remedies = ReportCase.remedies(evidence)
      if !remedies.isEmpty {
        section.element(.ul) { list in
          for remedy in remedies { list.element(.li, text: "\(remedy.capitalisedFirst).") }
        }
      }
      guard let chart = NullDistributionChart(evidence, options: options) else { return }
      section.element(.figure) { figure in
        figure.element(.figcaption, text: caption(evidence))
        figure.element(.div, .classes("scroll")) { chart.write(to: &$0) }
      }
    }
    page.lineFeed()
  }

  private var options: CalibrationOptions {
    report.attributionCase.calibration?.input.options ?? .standard
  }

  private func verdictTable(_ evidence: CalibratedEvidence) -> ReportTable {
    let rows = evidence.decisions.map { decision in
      row(
        decision.suspectExpert, decision.verdict, decision.victimExpert, decision.test,
        decision.pValue, decision.adjustedP)
    }
    let model = row(
      "model as a whole", evidence.model.verdict, "\(evidence.model.pairCount) matched pairs",
      evidence.model.test, evidence.model.pValue, evidence.model.pValue)
    return ReportTable(
      caption: "Plain cosine, residual similarity (what nulls share projected out), rank among the "
        + "nulls of the task, p, and that adjusted by Holm over all suspect experts. "
        + "\(ReportCase.decidingWords(options).capitalisedFirst).",
      columns: [
        .words("Suspect expert"), .words("Verdict"), .words("Tested against"), .numbers("Plain"),
        .numbers("Residual"), .numbers("Rank p"), .numbers("p"), .numbers("Holm p"),
      ], rows: rows + [model])
  }

  private func row(
    _ name: String, _ verdict: CalibratedVerdict, _ victim: String, _ test: ReuseTest?,
    _ pValue: Double?, _ adjustedP: Double?
  ) -> [ReportTable.Cell] {
    [
      .name(name), .verdict(VerdictKind(verdict), VerdictKind(verdict).shortWords), .name(victim),
      .number(test?.scores.plain), .number(test?.scores.score),
      .count(test.map { PValueText.of($0.withinTaskP) } ?? "–"),
      .count(pValue.map(PValueText.of) ?? "–"), .count(adjustedP.map(PValueText.of) ?? "–"),
    ]
  }

  private func caption(_ evidence: CalibratedEvidence) -> String {
    let tail = evidence.decisions.lazy.compactMap { $0.test?.tail }.first
    return "Residual similarity with one null left out at a time, as nulls themselves are measured "
      + "(the table's residual has all nulls projected out): null experts as dots, the suspect as a "
      + "diamond, the victim itself as a ring at 1, the 1-in-"
      + "\(Int((1 / options.consistentLevel).rounded())) tail of the nulls as a stroke."
      + (tail.map { " \(ReportCase.fit($0).capitalisedFirst)." } ?? "")
  }

  private func writeFindings(to page: inout MarkupWriter) {
    guard let findings = report.attributionCase.calibration?.result.findings, !findings.isEmpty
    else { return }
    page.element(.section) { section in
      section.element(.h2, text: "What was probably done to the suspect")
      ReportTable(
        caption: "From fingerprints and, where they were given, from weights.",
        columns: [
          .words("Expert"), .words("What"), .words("How sure"), .words("Measured"),
        ],
        rows: findings.map { finding in
          [
            .name(finding.subject), .text(finding.kind.words), .text(finding.confidence.rawValue),
            .text(ReportCase.numbers(finding)),
          ]
        }
      ).write(to: &section)
    }
    page.lineFeed()
  }
}
