import Reports

extension StudyReport {
  // MARK: Figure 2b

  /// Routing weights of the victim, a map for each expert.
  func writeRouting(to section: inout MarkupWriter) {
    let (tasks, weights) = (results.plan.tasks, results.routingWeights)
    let own = results.expertsOnOwnTask
    section.finding(
      "For \(own.right) of \(own.all) experts the routing weight, as a mean over layers, is largest on "
        + "the expert\u{2019}s own task. The paper: \u{201C}each expert is most active on its original "
        + "training dataset\u{201D}.")
    let layers = (0..<(weights.first?.first?.count ?? 0)).map { "\($0)" }
    let largest = weights.flatMap { $0.flatMap { $0 } }.max() ?? 1
    let end = max((largest * 10).rounded(.up) / 10, 0.1)
    section.element(.figure) { figure in
      figure.element(.figcaption) { caption in
        caption.text(
          "Mean routing weight of each expert of the victim, by task and layer, over "
            + "\(results.plan.probes) images a task; from OUT/\(StudySteps.Name.weights), ")
        caption.element(.a, .link(to: Self.sharedAnchor), text: "made by these commands")
        caption.text(".")
      }
      figure.element(.div, .classes("panels")) { panels in
        for (expert, values) in zip(tasks, weights) {
          HeatMap(
            title: "expert \(expert)", rowTitle: "images of", columnTitle: "layer", rows: tasks,
            columns: layers, values: values, domain: 0...end, digits: 2
          ).write(to: &panels)
        }
      }
      writeLegend("routing weight", end: end, to: &figure)
      ReportTable(
        caption: "Routing weights", classes: "numbers",
        columns: [.words("Expert, images")] + layers.map { .numbers("layer \($0)") },
        rows: zip(tasks, weights).flatMap { expert, values in
          zip(tasks, values).map { task, row in
            [.name("\(expert), \(task)")] + row.map { .number($0) }
          }
        }
      ).writeFolded(under: "The same weights as a table", to: &figure)
    }
  }

  private func writeLegend(_ title: String, end: Double, to figure: inout MarkupWriter) {
    let marks = [0, 0.25, 0.5, 0.75, 1].map {
      ScaleLegend.Mark(position: $0, text: digits($0 * end, 2))
    }
    ScaleLegend(title: title, scale: .sequential, marks: marks).write(to: &figure)
  }

  // MARK: Figure 3

  /// Similarity matrices of six settings.
  func writeMatrices(to section: inout MarkupWriter) {
    let shown = results.suspects(results.plan.figures.matrices)
    let reused = shown.flatMap { $0.experts.filter { $0.victimExpert != nil } }
    let right = reused.filter { $0.match == $0.victimExpert }.count
    section.finding(
      "In \(right) of \(reused.count) columns of reused experts the outlined top-1 is the expert\u{2019}s "
        + "own counterpart.")
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "RouteMark similarity of every victim expert with every suspect expert. Outlined: the "
          + "largest of a column. Below each column its top-1 and the margin over the runner-up.")
      figure.element(.div, .classes("panels two")) { panels in
        for (index, suspect) in shown.enumerated() {
          map(suspect, letter: Self.letter(index)).write(to: &panels)
        }
      }
      writeLegend("similarity", end: 1, to: &figure)
      meanTable(shown).write(to: &figure)
      expertTable(shown).writeFolded(under: "Top-1 and margin of every expert", to: &figure)
      similarityTable(shown).writeFolded(under: "All similarities as a table", to: &figure)
    }
  }

  private static func letter(_ index: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz")
    return index < letters.count ? "(\(letters[index]))" : "(\(index))"
  }

  private func map(_ suspect: SuspectResult, letter: String) -> HeatMap {
    HeatMap(
      title: "\(letter) \(suspect.title), router \(suspect.router.rawValue)",
      rowTitle: "victim expert",
      columnTitle: "suspect expert", rows: suspect.victimExperts,
      columns: suspect.experts.map(\.name), values: suspect.similarity,
      outlined: suspect.experts.map { suspect.victimExperts.firstIndex(of: $0.match) ?? -1 },
      feet: [
        HeatMap.Foot("top-1", suspect.experts.map(\.similarity)),
        HeatMap.Foot("margin", suspect.experts.map(\.margin)),
      ])
  }

  private func meanTable(_ shown: [SuspectResult]) -> ReportTable {
    ReportTable(
      caption: "Reused experts: mean similarity with their counterpart. The paper: section 5.2",
      columns: [
        .words("Suspect"), .words("Router"), .numbers("Reused experts"), .numbers("Mean here"),
        .numbers("The paper"), .numbers("Least margin here"),
      ],
      rows: shown.map { suspect in
        [
          link(suspect), .text(suspect.router.rawValue),
          .count("\(suspect.experts.filter { $0.victimExpert != nil }.count)"),
          .number(StudyMethod.routeMark.similarity(of: suspect)),
          .number(PaperValues.matrixMeans[suspect.name]), .number(suspect.leastReusedMargin),
        ]
      })
  }

  private func expertTable(_ shown: [SuspectResult]) -> ReportTable {
    ReportTable(
      caption: "The paper gives margins of new experts only (section 5.2)",
      classes: "plain compact",
      columns: [
        .words("Suspect"), .words("Expert"), .words("Really"), .words("Top-1 victim expert"),
        .numbers("Top-1"), .numbers("Margin"), .numbers("The paper\u{2019}s margin"),
        .words("Verdict"),
      ],
      rows: shown.flatMap { suspect in
        let stated = PaperValues.newcomerMargins[suspect.name] ?? []
        let strangers = suspect.experts.indices.filter { suspect.experts[$0].truth == .stranger }
        return suspect.experts.enumerated().map { index, expert in
          let place = strangers.firstIndex(of: index)
          let paper = place.flatMap { stated.indices.contains($0) ? stated[$0] : nil }
          return [
            link(suspect), .name(expert.name), .text(expert.truth.words), .name(expert.match),
            .number(expert.similarity), .number(expert.margin), .number(paper),
            .verdict(expert.kind, expert.kind.words),
          ]
        }
      })
  }

  private func similarityTable(_ shown: [SuspectResult]) -> ReportTable {
    ReportTable(
      caption: "Similarity of a suspect\u{2019}s expert with every victim expert",
      classes: "numbers",
      columns: [.words("Suspect, expert")] + results.plan.tasks.map { .numbers($0) },
      rows: shown.flatMap { suspect in
        suspect.experts.enumerated().map { column, expert in
          [.name("\(suspect.title), \(expert.name)")]
            + results.plan.tasks.map { task in
              .number(
                suspect.victimExperts.firstIndex(of: task).map { suspect.similarity[$0][column] })
            }
        }
      })
  }
}
