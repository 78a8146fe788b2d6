import Reports

extension StudyReport {
  // MARK: Figure 5

  /// Experts replaced, deleted and added.
  func writeStructural(to section: inout MarkupWriter) {
    let figures = results.plan.figures
    let methods: [StudyMethod] = [.routeMark, .reef, .unbiasedREEF, .modelPCS, .modelICS]
    let panels = [
      ("(a) replaced", figures.replaced), ("(b) deleted", figures.deleted),
      ("(c) added", figures.added),
    ]
    let shown = results.suspects(results.structuralNames)
    let own = shown.compactMap { StudyMethod.routeMark.similarity(of: $0) }
    if let least = own.min(), let largest = own.max() {
      section.finding(
        "Reused experts read \(digits(least)) to \(digits(largest)). The paper: \u{201C}at or close to "
          + "0.9\u{201D}.")
    }
    let series = panels.map { _, names in lines(names, methods) }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text: "One to three experts changed, under a retrained router. Solid: this study. Dashed, "
          + "hollow: the paper\u{2019}s text; an arrow marks a bound.")
      figure.element(.div, .classes("panels")) { row in
        for ((title, names), lines) in zip(panels, series) {
          LineChart(
            title: title,
            horizontal: .counts("experts changed", Array(names.indices.map { $0 + 1 })),
            vertical: .similarity(
              "similarity", covering: lines.flatMap { $0.points.map(\.y.value) }),
            series: lines, size: (270, 230), legend: .none
          ).write(to: &row)
        }
      }
      ChartLegend(Self.key(series.flatMap { $0 })).write(to: &figure)
      comparison("Figure 5. The paper: sections 5.2 and 5.4", shown, methods) {
        PaperValues.structural($0.name, $1)
      }.write(to: &figure)
    }
    writeDefinitions(methods, folded: true, to: &section)
  }

  private func lines(_ names: [String], _ methods: [StudyMethod]) -> [LineChart.Series] {
    let suspects = names.map { results.suspect($0) }
    let here = methods.map { method in
      LineChart.Series(
        method.title, method.style,
        suspects.enumerated().compactMap { index, suspect in
          suspect.flatMap { method.similarity(of: $0) }
            .map { LineChart.Point(Double(index + 1), $0) }
        })
    }
    let paper = methods.map { method in
      LineChart.Series(
        "\(method.title), the paper", method.style,
        names.enumerated().compactMap { index, name in
          PaperValues.structural(name, method).map { LineChart.Point(Double(index + 1), $0) }
        }, isReference: true)
    }
    return here + paper
  }

  /// Every name once, those of the paper last.
  private static func key(_ series: [LineChart.Series]) -> [LineChart.Series] {
    var names: Set<String> = []
    let distinct = series.filter { !$0.points.isEmpty && names.insert($0.name).inserted }
    return distinct.filter { !$0.isReference } + distinct.filter(\.isReference)
  }

  // MARK: Figure 6

  /// Fewer and more samples.
  func writeSamples(to section: inout MarkupWriter) {
    let sizes = results.sampleSizes
    guard let first = sizes.first, let last = sizes.last else {
      return section.remark("The plan varies no number of samples.")
    }
    section.finding(
      "From \(first.count) to \(last.count) samples a task RouteMark goes from "
        + "\(digits(first.routeMark)) to \(digits(last.routeMark)), REEF as published from "
        + "\(digits(first.reef)) to \(digits(last.reef)), with unbiased estimates from "
        + "\(digits(first.unbiasedREEF)) to \(digits(last.unbiasedREEF)). The published estimator is "
        + "biased upwards when samples are few.")
    let methods: [(StudyMethod, KeyPath<SampleSizeResult, Double>)] = [
      (.routeMark, \.routeMark), (.reef, \.reef), (.unbiasedREEF, \.unbiasedREEF),
    ]
    let stated = PaperValues.sampleSizes
    section.element(.figure) { figure in
      figure.element(.figcaption) { caption in
        caption.text("Suspect: ")
        caption.name(results.suspect(results.plan.figures.sampled)?.title ?? "none")
        caption.text(
          ". Dashed: the paper\u{2019}s bound for RouteMark, above 0.94 for all numbers; of REEF it "
            + "states no number.")
      }
      LineChart(
        title: "Similarity by number of samples",
        horizontal: .counts("samples a task", sizes.map(\.count)),
        vertical: .similarity(
          "similarity",
          covering: sizes.flatMap { size in methods.map { size[keyPath: $0.1] } }),
        series: methods.map { method, value in
          LineChart.Series(
            method.title, method.style,
            sizes.map { LineChart.Point(Double($0.count), $0[keyPath: value]) })
        } + [
          LineChart.Series(
            "RouteMark, the paper\u{2019}s bound", StudyMethod.routeMark.style,
            sizes.map { LineChart.Point(Double($0.count), stated) }, isReference: true)
        ]
      ).write(to: &figure)
      ReportTable(
        caption: "Figure 6. The paper on RouteMark, section 5.5: \(stated.text)",
        columns: [.words("Samples a task")] + methods.map { .numbers($0.0.title) },
        rows: sizes.map { size in
          [.link("\(size.count)", to: Self.sampleAnchor(size.count))]
            + methods.map { .number(size[keyPath: $0.1]) }
        }
      ).write(to: &figure)
    }
    writeDefinitions(methods.map(\.0), folded: true, to: &section)
  }

  /// The place of the commands of one number of samples.
  static func sampleAnchor(_ count: Int) -> String { "samples-\(count)" }
}
