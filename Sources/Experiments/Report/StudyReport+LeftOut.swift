import Reports

extension StudyReport {
  /// Suspects that no figure of the paper shows, with a verdict for every expert.
  func writeLeftOut(to section: inout MarkupWriter) {
    if let leftOut = headline.leftOut, let lesson = headline.lesson {
      section.finding(
        "\(headline.innocents.accused) of \(headline.innocents.count) \(leftOut) \(lesson)")
    }
    let figures = results.plan.figures
    let shown = Set(
      figures.matrices + figures.parametric + figures.pruning.map(\.suspect)
        + results.structuralNames + ["victim"])
    let others = results.suspects.filter { !shown.contains($0.name) }
    guard !others.isEmpty else { return section.remark("Every suspect is in a figure above.") }
    section.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Each cell is an expert: verdict, name, similarity with its closest victim expert and "
          + "lead over the runner-up, and where it really comes from. Framed: an expert that is not "
          + "reused and yet reads \u{201C}matches the routing\u{201D}.")
      writeVerdicts(others, to: &figure)
      figure.element(.p, .classes("soft")) { key in
        for kind in [VerdictKind.matches, .inconclusive, .noEvidence] {
          key.badge(kind, text: kind.words)
          key.text(" \u{2003}")
        }
      }
      summaryTable(others).write(to: &figure)
    }
  }

  private func writeVerdicts(_ suspects: [SuspectResult], to figure: inout MarkupWriter) {
    let width = suspects.map(\.experts.count).max() ?? 1
    figure.element(
      .div, .classes("scroll"), .role("region"), .label("Verdict of every expert"), .focusable("0")
    ) {
      $0.element(.table, .classes("verdicts")) { table in
        table.element(.thead) { head in
          head.element(.tr) { row in
            row.element(.th, .scope("col"), text: "Suspect")
            row.element(.th, .scope("colgroup"), .columns(width), text: "Its experts")
          }
        }
        table.element(.tbody) { body in
          for suspect in suspects {
            body.element(.tr) { row in
              row.element(.th, .scope("row")) { cell in
                cell.element(.a, .link(to: Self.anchor(suspect.name))) {
                  $0.name(suspect.title, cutTo: 40)
                }
                cell.element(.span, .classes("soft"), text: "router \(suspect.router.rawValue)")
              }
              for expert in suspect.experts { write(expert, to: &row) }
              let missing = width - suspect.experts.count
              if missing > 0 { row.element(.td, .columns(missing)) }
            }
            body.lineFeed()
          }
        }
      }
    }
    figure.lineFeed()
  }

  private func write(_ expert: ExpertResult, to row: inout MarkupWriter) {
    let isWrong = expert.isAccused && expert.truth != .reuse
    let lead = expert.margin.map { ", lead \(digits($0, 2))" } ?? ""
    row.element(.td, .classes(isWrong ? "accused" : "plain"), .title(expert.verdict)) { cell in
      cell.badge(expert.kind, text: TextWidth.cut(expert.name, to: 14))
      cell.element(.span, .classes("soft"), text: "\(digits(expert.similarity))\(lead)")
      cell.element(.span, .classes("soft"), text: expert.truth.shortWords)
    }
  }

  private func summaryTable(_ suspects: [SuspectResult]) -> ReportTable {
    ReportTable(
      caption:
        "The same suspects in numbers. Right: reused experts that match their own victim expert "
        + "best. Accused: others that read \u{201C}matches the routing\u{201D}. Lead: the least of a "
        + "reused expert. Methods that see experts: mean over all of them of the largest similarity.",
      classes: "plain compact",
      columns: [
        .words("Suspect"), .words("Router"), .numbers("Right"),
        .numbers("Accused"), .numbers("RouteMark"), .numbers("Lead"),
        .numbers("PCS-E"), .numbers("ICS-E"), .numbers("PCS-M"), .numbers("ICS-M"),
        .numbers("REEF"), .numbers("unbiased"),
      ],
      rows: suspects.map { suspect in
        [
          link(suspect), .text(suspect.router.rawValue),
          .count(suspect.rightColumns.map { "\($0.right) of \($0.all)" } ?? "–"),
          .count(suspect.accusedOthers.map { "\($0.accused) of \($0.all)" } ?? "–"),
          .number(Self.meanScore(.routeMark, suspect)), .number(suspect.leastReusedMargin),
          .number(Self.meanScore(.expertPCS, suspect)),
          .number(Self.meanScore(.expertICS, suspect)),
          .number(suspect.modelPCS), .number(suspect.modelICS), .number(suspect.reef),
          .number(suspect.unbiasedREEF),
        ]
      })
  }

  /// The mean over all experts of the similarity with the closest victim expert.
  private static func meanScore(_ method: StudyMethod, _ suspect: SuspectResult) -> Double? {
    let scores = suspect.experts.map { method.score($0, of: suspect) }
    return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
  }
}
