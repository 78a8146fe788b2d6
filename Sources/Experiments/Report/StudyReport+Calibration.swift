import Reports

extension StudyReport {
  /// What null experts tell apart, what they cost the innocent, and where they fail.
  func writeCalibration(to section: inout MarkupWriter) {
    guard let calibration = results.calibration else { return }
    section.finding(calibration.headline)
    section.remark(
      "\(calibration.nullCount) null experts for each task were trained from the base model: "
        + "\(calibration.recipes). Innocents were trained likewise, or by another recipe, and are not "
        + "among them. What nulls share is projected out; a p-value says how rare what is left would "
        + "be among innocents.")
    criteria(calibration).write(to: &section)
    writeTails(calibration, to: &section)
    writeUniformity(calibration, to: &section)
    writeScoreCurves(calibration, to: &section)
    writeGreyBox(calibration, to: &section)
    section.element(.h3, text: "Where it fails")
    let failures = calibration.failures
    guard !failures.isEmpty else {
      return section.remark(
        "All reuse was found at the 1 % level, no innocent was accused, and p-values are even.")
    }
    section.element(.ul) { list in
      for failure in failures { list.element(.li, text: "\(failure).") }
    }
  }

  private func criteria(_ calibration: CalibrationResults) -> ReportTable {
    ReportTable(
      caption: "What calibrated attribution promises. Levels of false accusations are held against "
        + "the binomial distribution: a count that innocents would reach in fewer than 2.5 % of such "
        + "tests is refused.",
      columns: [.words("Promise"), .words("Measured"), .words("Holds")],
      rows: calibration.criteria.map { criterion in
        [
          .text(criterion.promise), .text(criterion.measured),
          .marked(
            criterion.holds ? "yes" : "no",
            (criterion.holds ? StudyClaim.Outcome.reproduced : .notReproduced).classes),
        ]
      })
  }

  /// Every expert's p-value, a row a group.
  private func writeTails(_ calibration: CalibrationResults, to section: inout MarkupWriter) {
    let rows = calibration.functionalGroups.map { group in
      let experts = calibration.functional.filter {
        $0.group == group.group && $0.kind == group.kind
      }
      return (group, experts)
    }
    // Innocents of one recipe make one row.
    var merged: [(name: String, kind: CalibrationResults.Kind, values: [Double])] = []
    for (group, experts) in rows {
      let values = experts.compactMap(\.tailP).map { max($0, Self.leastP) }
      if let last = merged.indices.last, merged[last].name == group.title {
        merged[last].values += values
      } else {
        merged.append((group.title, group.kind, values))
      }
    }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "White box: each dot is one expert, by the tail p of its functional residual. Left of the "
          + "dashed line p is at most 1 %; to be called unlike other people's work the residual must also be "
          + "large enough.")
      figure.element(.div, .classes("scroll")) { box in
        StripChart(
          title: "How rare among innocents", axis: Self.tailAxis,
          rows: merged.map { row in
            let found = row.values.filter { $0 <= 0.01 }.count
            return StripChart.Row(
              "\(row.name) (\(row.values.count))", style(row.kind), row.values,
              note: "\(found) of \(row.values.count)",
              isFinding: row.kind.isInnocent && found > 0)
          },
          threshold: ChartAxis.Tick(0.01, "1 %"), noteTitle: "p at most 1 %"
        ).write(to: &box)
      }
      groupTable("White box: experts by themselves", calibration.functionalGroups).write(
        to: &figure)
    }
  }

  private static let leastP = 1e-9

  private static let tailAxis = ChartAxis(
    logarithmic: "tail p; 1e-9 and below at the left end", range: leastP...1,
    ticks: [
      (1e-9, "1e-9"), (1e-6, "1e-6"), (1e-4, "1e-4"), (1e-2, "0.01"), (0.1, "0.1"), (1, "1"),
    ].map { ChartAxis.Tick($0.0, $0.1) })

  private func style(_ kind: CalibrationResults.Kind) -> SeriesStyle {
    switch kind {
    case .reused: SeriesStyle(0)
    case .hidden: SeriesStyle(3)
    case .innocent, .otherInnocent: SeriesStyle(1)
    case .stranger: SeriesStyle(5)
    }
  }

  private func groupTable(
    _ caption: String, _ groups: [CalibrationResults.GroupCount]
  ) -> ReportTable {
    ReportTable(
      caption:
        "\(caption). Residual: similarity with what nulls share projected out. RouteMark: the "
        + "paper\u{2019}s similarity of the same experts in a merge, where one was captured.",
      classes: "plain compact",
      columns: [
        .words("Experts"), .words("What they are"), .numbers("Called reuse"),
        .numbers("p at most 1 %"), .numbers("at most 5 %"), .numbers("Residual, least"),
        .numbers("mean"),
        .numbers("largest"), .numbers("RouteMark"),
      ],
      rows: groups.map { group in
        [
          .text(group.title), .text(group.kind.words),
          .count("\(group.calledReuse) of \(group.count)"),
          .count("\(group.atOnePercent) of \(group.count)"),
          .count("\(group.atFivePercent) of \(group.count)"), .number(group.least),
          .number(group.mean), .number(group.largest), .number(group.routeMark),
        ]
      })
  }

  /// p-values of innocents, which should be even.
  private func writeUniformity(
    _ calibration: CalibrationResults, to section: inout MarkupWriter
  ) {
    let axis = { (title: String) in
      ChartAxis(
        title, range: 0...1,
        ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map {
          ChartAxis.Tick($0, FixedDigits.text($0, digits: 1))
        })
    }
    func series(
      _ name: String, _ style: SeriesStyle, _ experts: [CalibrationResults.Expert]
    ) -> LineChart.Series {
      let values = experts.filter(\.kind.isSameTaskInnocent)
        .compactMap(\.tailP).sorted()
      return LineChart.Series(
        name, style,
        values.enumerated().map { index, value in
          LineChart.Point((Double(index) + 0.5) / Double(values.count), value)
        })
    }
    let even = LineChart.Series(
      "even", SeriesStyle(5), [LineChart.Point(0, 0), LineChart.Point(1, 1)], isReference: true)
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "p-values of innocents, in order, against those of an even distribution. Below the dashed "
          + "line they are too small, and too many would be accused; above it the test is careful.")
      LineChart(
        title: "Innocents", horizontal: axis("even p"), vertical: axis("p"),
        series: [
          even, series("white box", SeriesStyle(0), calibration.functional),
          series("grey box", SeriesStyle(2), calibration.routed),
        ]
      ).write(to: &figure)
      innocentTable(calibration).write(to: &figure)
    }
  }

  private func innocentTable(_ calibration: CalibrationResults) -> ReportTable {
    ReportTable(
      caption:
        "Accused at 5 % by the pooled rank, at 1 % by the tail, and the largest rate that this "
        + "count allows, 95 % confident; even: Kolmogorov and Smirnov\u{2019}s p",
      classes: "plain compact",
      columns: [
        .words("Examiner"), .words("Innocents"), .numbers("Number"), .numbers("Pooled, 5 %"),
        .numbers("Tail, 1 %"), .numbers("Rate at most"), .numbers("Even"),
      ],
      rows: calibration.innocents.map { count in
        [
          .text(count.level), .text(count.kind.words), .count("\(count.count)"),
          .count("\(count.pooledAtFivePercent)"), .count("\(count.tailAtOnePercent)"),
          .number(count.tailRateBound),
          .count(count.tailUniformP.map(PValueText.of) ?? "\u{2013}"),
        ]
      })
  }

  private func writeScoreCurves(
    _ calibration: CalibrationResults, to section: inout MarkupWriter
  ) {
    guard !calibration.curves.isEmpty else { return }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text: "Reuse against innocents of the same tasks: the calibrated scores, and the "
          + "paper\u{2019}s similarity of the same experts in merges.")
      ROCChart(
        title: "Reuse against same-task innocents",
        curves: calibration.curves.enumerated().map { index, curve in
          ROCChart.Curve(
            curve.score, SeriesStyle(index % 7),
            points: curve.curve.points.map { ($0.falsePositiveRate, $0.truePositiveRate) },
            area: curve.curve.area)
        }
      ).write(to: &figure)
      ReportTable(
        caption: "Areas, and how much reuse is found by a threshold that accuses none, or 5 %",
        columns: [
          .words("Score"), .numbers("Reused"), .numbers("Innocents"), .numbers("AUC"),
          .numbers("Found, none accused"), .numbers("Found at 5 %"),
        ],
        rows: calibration.curves.map { curve in
          [
            .text(curve.score), .count("\(curve.curve.positiveCount)"),
            .count("\(curve.curve.negativeCount)"), .number(curve.curve.area),
            .number(curve.curve.truePositiveRate(atFalsePositiveRate: 0)),
            .number(curve.curve.truePositiveRate(atFalsePositiveRate: 0.05)),
          ]
        }
      ).write(to: &figure)
    }
  }

  private func writeGreyBox(_ calibration: CalibrationResults, to section: inout MarkupWriter) {
    guard !calibration.models.isEmpty else { return }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text: "Grey box: merges by what their routers say, as wholes and expert by expert. All "
          + "routers were trained anew by their owners.")
      ReportTable(
        caption: "Merges as wholes, tested against null merges", classes: "plain compact",
        columns: [
          .words("Merge"), .words("Most of its experts"), .numbers("Mean residual"),
          .numbers("Rank p"), .numbers("Tail p"), .words("Verdict"),
        ],
        rows: calibration.models.map { model in
          [
            .text(model.title), .text(model.kind.words), .number(model.score),
            .count(model.withinTaskP.map(PValueText.of) ?? "\u{2013}"),
            .count(model.tailP.map(PValueText.of) ?? "\u{2013}"), .text(model.verdict),
          ]
        }
      ).write(to: &figure)
      groupTable("Grey box: experts of merges", calibration.routedGroups).write(to: &figure)
    }
  }
}
