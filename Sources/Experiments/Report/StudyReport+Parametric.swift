import Reports

extension StudyReport {
  // MARK: Table 2

  private static let methods: [StudyMethod] = [
    .modelPCS, .modelICS, .reef, .unbiasedREEF, .expertPCS, .expertICS, .routeMark,
  ]

  /// Parametric tampering by all methods.
  func writeParametric(to section: inout MarkupWriter) {
    let shown = results.suspects(results.plan.figures.parametric)
    let least = shown.compactMap { StudyMethod.routeMark.similarity(of: $0) }.min()
    section.finding(
      "RouteMark reads at least \(least.map { digits($0) } ?? "–") in these rows. Where the router is "
        + "kept the same gates are compared, whatever was done to the experts beneath.")
    section.remark(
      "Pruning is of an expert\u{2019}s full weights, base plus task vector; its task vector is taken "
        + "again as pruned minus base. That lowers PCS-E and ICS-E; PCS-M is over all weights, and what "
        + "pruning removes is mostly small.")
    let values = shown.flatMap { suspect in Self.methods.compactMap { $0.similarity(of: suspect) } }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Bars: this study. Marks across them: the paper\u{2019}s Table 2. Of methods that see "
          + "experts, the mean over experts of the similarity with their own counterpart.")
      BarChart(
        title: "Similarity after parametric tampering",
        axis: .similarity("similarity, 1 is equal", covering: values),
        groups: shown.map { suspect in
          BarChart.Group(
            "\(suspect.title), router \(suspect.router.rawValue)",
            Self.methods.map {
              BarChart.Bar(
                $0.title, $0.style, $0.similarity(of: suspect),
                reference: PaperValues.parametric(suspect.name, $0))
            })
        }, referenceTitle: "the paper"
      ).write(to: &figure)
      comparison(
        "Table 2: the methods of the paper, and REEF with unbiased estimates", shown, Self.methods
      ) { PaperValues.parametric($0.name, $1) }.write(to: &figure)
    }
    writeDefinitions(Self.methods, folded: true, to: &section)
  }

  // MARK: Figure 4

  /// WANDA at rising sparsity.
  func writePruning(to section: inout MarkupWriter) {
    let points = results.plan.figures.pruning.compactMap { point in
      results.suspect(point.suspect).map { (sparsity: point.sparsity, suspect: $0) }
    }
    guard let last = points.last else { return section.remark("The plan shows no pruning.") }
    let methods: [StudyMethod] = [.routeMark, .reef, .unbiasedREEF]
    let texts = methods.map { method in
      "\(method.title) \(method.similarity(of: last.suspect).map { digits($0) } ?? "–")"
    }
    section.finding("At \(percent(last.sparsity)) sparsity: \(texts.joined(separator: "; ")).")
    let retrained = prunedUnderNewRouters
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Solid: this study, router kept unless said otherwise. Dashed, hollow: numbers in the "
          + "paper\u{2019}s text and Table 2.")
      LineChart(
        title: "Similarity after WANDA pruning",
        horizontal: ChartAxis(
          "share of weights that are gone, %",
          range: 0...max((points.map { 100 * $0.sparsity }.max() ?? 0), 1),
          ticks: points.map {
            ChartAxis.Tick(100 * $0.sparsity, digits(100 * $0.sparsity, 0))
          }),
        vertical: .similarity(
          "similarity",
          covering: points.flatMap { point in
            methods.compactMap { $0.similarity(of: point.suspect) }
          }
        ),
        series: methods.map { method in
          LineChart.Series(
            method.title, method.style,
            points.compactMap { point in
              method.similarity(of: point.suspect).map { LineChart.Point(100 * point.sparsity, $0) }
            })
        } + retrainedSeries(retrained)
          + methods.map { method in
            LineChart.Series(
              "\(method.title), the paper", method.style,
              points.compactMap { point in
                PaperValues.pruning(point.sparsity, method).map {
                  LineChart.Point(100 * point.sparsity, $0)
                }
              }, isReference: true)
          }
      ).write(to: &figure)
      comparison(
        "Figure 4. The paper: Table 2, sections 5.2 and 5.3",
        points.map(\.suspect) + retrained.map(\.suspect), methods
      ) { suspect, method in
        points.first { $0.suspect.name == suspect.name }
          .flatMap { PaperValues.pruning($0.sparsity, method) }
      }.write(to: &figure)
    }
    writeDefinitions(methods, folded: true, to: &section)
  }

  /// Suspects that were pruned as a point of figure 4 and then got a new router.
  private var prunedUnderNewRouters: [(sparsity: Double, suspect: SuspectResult)] {
    let plan = results.plan
    return plan.figures.pruning.flatMap { point in
      guard let shown = plan.suspects.first(where: { $0.name == point.suspect }),
        let tamper = shown.tamper
      else { return [(sparsity: Double, suspect: SuspectResult)]() }
      return plan.suspects.filter {
        $0.tamper == tamper && $0.experts == shown.experts && $0.router == .retrained
      }.compactMap { other in results.suspect(other.name).map { (point.sparsity, $0) } }
    }
  }

  private func retrainedSeries(
    _ points: [(sparsity: Double, suspect: SuspectResult)]
  ) -> [LineChart.Series] {
    let method = StudyMethod.routeMark
    return [
      LineChart.Series(
        "RouteMark, router retrained", StudyMethod.expertICS.style,
        points.compactMap { point in
          method.similarity(of: point.suspect).map { LineChart.Point(100 * point.sparsity, $0) }
        })
    ]
  }

  private func percent(_ share: Double) -> String { "\(digits(100 * share, 0)) %" }
}
