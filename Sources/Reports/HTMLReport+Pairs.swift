import Attribution
import RoutingFingerprints

extension HTMLReport {
  private var pairs: [ExpertAttribution] {
    report.attributions.filter { VerdictKind($0.verdict) != .noEvidence }
  }

  /// The fingerprints of every suspect expert that is not without evidence, beside its top-1's.
  func writePairs(to page: inout MarkupWriter) {
    page.element(.section) { section in
      section.element(.h2, text: "Fingerprints of matched pairs")
      guard !pairs.isEmpty else {
        section.element(
          .p, text: "No suspect expert came close enough to a victim expert to be compared here.")
        return
      }
      section.element(
        .p, .classes("soft"),
        text: "One card for each suspect expert that matches a routing or is inconclusive, "
          + "with the victim expert it resembles most.")
      for pair in pairs { writePair(pair, to: &section) }
    }
    page.lineFeed()
  }

  private func writePair(_ pair: ExpertAttribution, to section: inout MarkupWriter) {
    section.element(.div, .classes("card")) { card in
      card.element(.h3) { heading in
        heading.name(pair.suspectExpert, cutTo: 60)
        heading.text(" beside victim expert ")
        heading.name(pair.topOneExpert, cutTo: 60)
      }
      card.element(.p) {
        $0.badge(VerdictKind(pair.verdict), text: VerdictKind(pair.verdict).words)
      }
      writeScores(pair, to: &card)
      writePreferences(pair, to: &card)
    }
    section.lineFeed()
  }

  private func writeScores(_ pair: ExpertAttribution, to card: inout MarkupWriter) {
    let victim = report.alignment.victim.routingScores[pair.topOneIndex].values
    let suspect = report.alignment.suspect.routingScores[pair.suspectIndex].values
    let difference = zip(suspect, victim).map { zip($0, $1).map { $0 - $1 } }
    let tasks = report.alignment.victim.tasks
    let panels = [
      ("victim", victim), ("suspect", suspect), ("suspect minus victim", difference),
    ]
    let limit = panels.flatMap(\.1).joined().reduce(0) { max($0, abs($1)) }
    let similarity = report.attributionCase.matrix.score[pair.topOneIndex][pair.suspectIndex]
    card.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Routing scores (RSF): score similarity \(report.number(similarity)). All panels share "
          + "one scale. The score similarity compares patterns, not strength: it is high when the "
          + "suspect's panel has the victim's pattern, even if all of it is paler or stronger.")
      let isLong = report.alignment.victim.layerCount > 30
      figure.element(.div, .classes(isLong ? "panels long" : "panels")) { row in
        for (title, values) in panels {
          ScoreHeatmap(title: title, tasks: tasks, values: values, limit: limit).write(to: &row)
        }
      }
      writeScoreLegend(limit: limit, to: &figure)
      writeScoreTable(tasks: tasks, victim: victim, suspect: suspect, to: &figure)
    }
  }

  private func writeScoreLegend(limit: Double, to figure: inout MarkupWriter) {
    let signal = report.alignment.victim.signal.words
    guard limit > 0 else {
      figure.element(.p, .classes("soft"), text: "All scores are zero.")
      return
    }
    let end = FixedDigits.text(limit)
    ScaleLegend(
      title: "centred mean \(signal)", scale: .diverging,
      marks: [
        ScaleLegend.Mark(position: 0, text: "\u{2212}\(end)"),
        ScaleLegend.Mark(position: 0.5, text: "0"),
        ScaleLegend.Mark(position: 1, text: end),
      ]
    ).write(to: &figure)
  }

  private func writeScoreTable(
    tasks: [String], victim: [[Double]], suspect: [[Double]], to figure: inout MarkupWriter
  ) {
    let layerCount = report.alignment.victim.layerCount
    figure.element(.details) { details in
      details.element(.summary, text: "The same scores as numbers")
      details.element(
        .div, .classes("scroll"), .role("region"), .label("Scores as numbers"), .focusable("0")
      ) { scroll in
        scroll.element(.table, .classes("numbers")) { table in
          table.headings(
            [("Task", false), ("Model", false)] + (0..<layerCount).map { ("layer \($0)", true) })
          table.element(.tbody) { body in
            for (row, task) in tasks.enumerated() {
              body.element(.tr) { line in
                line.element(.th, .scope("rowgroup"), .rows(2), .title(task)) {
                  $0.name(TextWidth.cut(task, to: 24))
                }
                line.element(.td, text: "victim")
                line.scores(victim[row])
              }
              body.element(.tr) { line in
                line.element(.td, text: "suspect")
                line.scores(suspect[row])
              }
              body.lineFeed()
            }
          }
        }
      }
    }
  }

  private func writePreferences(_ pair: ExpertAttribution, to card: inout MarkupWriter) {
    let (victim, suspect) = (report.alignment.victim, report.alignment.suspect)
    let table = report.attributionCase.matrix.preference
    let similarity = report.number(table[pair.topOneIndex][pair.suspectIndex])
    let averaged = victim.options.rpfMode == .perLayer ? " Bars are averaged over layers." : ""
    card.element(.figure) { figure in
      figure.element(
        .figcaption,
        text: "Routing preferences (RPF): preference similarity \(similarity). Each expert's "
          + "shares over all tasks sum to 1.\(averaged)")
      PreferenceBars(
        tasks: victim.tasks, victim: victim.routingPreferences[pair.topOneIndex].overall,
        suspect: suspect.routingPreferences[pair.suspectIndex].overall
      ).write(to: &figure)
    }
  }
}

extension MarkupWriter {
  /// A cell a score.
  fileprivate mutating func scores(_ values: [Double]) {
    for value in values { element(.td, text: Self.typographic(FixedDigits.text(value))) }
  }
}

extension RouterSignal {
  /// What was recorded, in words.
  var words: String {
    switch self {
    case .logits: "router logits"
    case .weights: "routing weights"
    case .probabilities: "logarithm of the routing probabilities"
    }
  }
}
