import Reports

extension StudyReport {
  // MARK: ROC

  /// ROC of all methods, with and without innocents among those who must not be accused.
  func writeCurves(to section: inout MarkupWriter) {
    if let separation = headline.separation { section.finding(separation) }
    let sides: [(String, KeyPath<MethodCurve, ReceiverOperatingCurve?>)] = [
      ("without innocents of the same tasks", \.withoutInnocents),
      ("with innocents of the same tasks", \.withInnocents),
    ]
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Over all experts of all suspects: a threshold on a method\u{2019}s score accuses every "
          + "expert that reaches it. An expert is positive when it is reused, negative otherwise.")
      figure.element(.div, .classes("panels")) { panels in
        for (title, side) in sides {
          let curves = curves(side)
          if !curves.isEmpty {
            ROCChart(title: title, curves: curves, scale: scale(side)).write(to: &panels)
          }
        }
      }
      curveTable(sides.map(\.1)).write(to: &figure)
      if let curve = results.curves.first?.withInnocents {
        figure.remark(
          "There are \(curve.positiveCount) reused experts and \(curve.negativeCount) others with "
            + "innocents, \(results.curves.first?.withoutInnocents?.negativeCount ?? 0) without. "
            + "Of so few, \u{201C}at most 1\u{A0}%\u{201D} lets "
            + "\(allowed(curve.negativeCount, 0.01)) of them be accused and \u{201C}at most "
            + "5\u{A0}%\u{201D} \(allowed(curve.negativeCount, 0.05)) of them. Experts of one suspect share a router and are "
            + "not independent of each other.")
      }
    }
    writeDefinitions(StudyMethod.allCases, folded: true, to: &section)
  }

  /// Small rates are worth a scale of their own where there are others enough to tell them.
  private func scale(_ side: KeyPath<MethodCurve, ReceiverOperatingCurve?>) -> ROCChart.Scale {
    let count = results.curves.compactMap { $0[keyPath: side]?.negativeCount }.max() ?? 0
    return count >= 1000 ? .logarithmic(least: 0.001) : .linear
  }

  private func allowed(_ count: Int, _ rate: Double) -> String {
    let number = Int((Double(count) * rate).rounded(.down))
    return number == 0 ? "none" : "\(number)"
  }

  private func curves(_ side: KeyPath<MethodCurve, ReceiverOperatingCurve?>) -> [ROCChart.Curve] {
    results.curves.enumerated().compactMap { index, curve in
      let method = StudyMethod.allCases.first { $0.title == curve.method }
      return curve[keyPath: side].map { roc in
        ROCChart.Curve(
          curve.method, method?.style ?? SeriesStyle(index % 7),
          points: roc.points.map { ($0.falsePositiveRate, $0.truePositiveRate) }, area: roc.area)
      }
    }
  }

  private func curveTable(
    _ sides: [KeyPath<MethodCurve, ReceiverOperatingCurve?>]
  ) -> ReportTable {
    ReportTable(
      caption: "AUC: area under the curve. Found: share of reused experts a threshold finds that "
        + "accuses at most 1 % or 5 % of the others",
      columns: [.words("Method")]
        + ["without innocents", "with innocents"].flatMap { side -> [ReportTable.Column] in
          [.numbers("AUC \(side)"), .numbers("found at 1 %"), .numbers("found at 5 %")]
        },
      rows: results.curves.map { curve in
        [.text(curve.method)]
          + sides.flatMap { side -> [ReportTable.Cell] in
            let roc = curve[keyPath: side]
            return [
              .number(roc?.area), .number(roc?.truePositiveRate(atFalsePositiveRate: 0.01)),
              .number(roc?.truePositiveRate(atFalsePositiveRate: 0.05)),
            ]
          }
      })
  }

  // MARK: Accuracies

  /// What the models are worth that are compared.
  func writeAccuracy(to section: inout MarkupWriter) {
    section.remark(
      "Zero-shot accuracy on the test images: of the base model, of a static merge of the same "
        + "experts, and of the victim.")
    ReportTable(
      caption: "Share of right classes",
      columns: [.words("Model")] + results.plan.tasks.map { .numbers($0) } + [.numbers("mean")],
      rows: results.accuracies.map { accuracy in
        [.link(accuracy.model, to: Self.accuracyAnchor)]
          + results.plan.tasks.indices.map { index in
            .number(accuracy.tasks.indices.contains(index) ? accuracy.tasks[index] : nil)
          } + [.number(accuracy.mean)]
      }
    ).write(to: &section)
  }

  /// The place of the commands that measure accuracies.
  static let accuracyAnchor = "accuracy-commands"
}
