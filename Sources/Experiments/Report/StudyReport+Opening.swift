import Attribution
import Reports

extension StudyReport {
  /// What a reader should know who reads nothing else.
  func writeOpening(to page: inout MarkupWriter) {
    page.element(.header) { header in
      header.element(.p, .classes("eyebrow"), text: "RouteMark study report")
      header.element(.h1) { $0.name(results.plan.title) }
    }
    page.element(.div, .classes("answers")) { answers in
      answers.element(.div, .classes("card")) { card in
        card.element(.h2, text: "What was reproduced")
        card.element(
          .p, .classes("figure"), text: "\(headline.columns.right) of \(headline.columns.all)")
        card.element(.p, text: headline.reproduced)
        card.element(.p) { line in
          for outcome in StudyClaim.Outcome.allCases
          where outcome != .untested || headline.count(outcome) > 0 {
            line.element(
              .span, .classes(outcome.classes),
              text: "\(headline.count(outcome)) \(outcome.rawValue)")
            line.text("\u{2003}")
          }
          line.element(.a, .link(to: ReportSection.claims.rawValue), text: "claims, with numbers")
        }
      }
      writeLeftOutAnswer(to: &answers)
    }
    page.lineFeed()
    writeStrip(to: &page)
    if let separation = headline.separation { page.element(.p, text: separation) }
    if let calibration = results.calibration {
      page.element(.p) { $0.element(.strong, text: calibration.headline) }
    }
    page.element(.nav, .label("Contents")) { nav in
      nav.element(.ol) { list in
        for section in sections {
          list.element(.li) {
            $0.element(.a, .link(to: section.rawValue), text: section.title)
          }
        }
      }
    }
    page.lineFeed()
  }

  private func writeLeftOutAnswer(to answers: inout MarkupWriter) {
    let innocents = headline.innocents
    answers.element(.div, .classes(innocents.accused > 0 ? "card finding" : "card")) { card in
      card.element(.h2, text: "What the paper left out")
      guard let leftOut = headline.leftOut, let lesson = headline.lesson else {
        card.element(.p, text: "This plan has no experts of innocent parties on the same tasks.")
        return
      }
      card.element(.p, .classes("figure"), text: "\(innocents.accused) of \(innocents.count)")
      card.element(.p, text: leftOut)
      card.element(.p) { $0.element(.strong, text: lesson) }
    }
  }

  private func writeStrip(to page: inout MarkupWriter) {
    let rows = headline.kinds.map { kind in
      let isOther = kind == headline.innocents || kind == headline.strangers
      let style = isOther ? SeriesStyle(kind == headline.innocents ? 1 : 5) : SeriesStyle(0)
      return StripChart.Row(
        "\(kind.name) (\(kind.count))", style, kind.experts.map(\.similarity),
        note: "\(kind.accused) of \(kind.count)", isFinding: isOther && kind.accused > 0)
    }
    let limit = AttributionThresholds.standard.consistentSimilarity
    page.element(.figure) { figure in
      figure.element(
        .figcaption,
        text:
          "Each dot is one expert of a suspect, by where it really comes from. Beyond the dashed "
          + "line, and with a lead of at least "
          + "\(digits(AttributionThresholds.standard.consistentMargin, 2)) over the runner-up, an "
          + "expert reads \u{201C}matches the routing\u{201D}.")
      StripChart(
        title: "Similarity of every expert with its closest victim expert",
        axis: .similarity("RouteMark similarity, 0 to 1", covering: []), rows: rows,
        threshold: ChartAxis.Tick(limit, "threshold \(digits(limit, 2))"),
        noteTitle: "\u{201C}matches the routing\u{201D}"
      ).write(to: &figure)
      ReportTable(
        caption: "Experts of all suspects, by where they come from",
        columns: [
          .words("Experts"), .numbers("Number"), .numbers("Least similarity"), .numbers("Mean"),
          .numbers("Largest"), .numbers("Matches the routing"),
        ],
        rows: headline.kinds.map { kind in
          let values = kind.experts.map(\.similarity)
          return [
            .text(kind.name), .count("\(kind.count)"), .number(values.min()), .number(kind.mean),
            .number(values.max()), .count("\(kind.accused) of \(kind.count)"),
          ]
        }
      ).write(to: &figure)
    }
    page.lineFeed()
  }

  /// What was compared with what.
  func writeSetting(to section: inout MarkupWriter) {
    let plan = results.plan
    section.element(.dl) { list in
      list.entry("Victim") { entry in
        entry.text("experts of ")
        entry.name(plan.tasks.joined(separator: ", "))
        entry.text(
          ", merged with \(plan.routing) routing; router trained for "
            + "\(plan.adaptation.victimSteps) steps by entropy minimisation.")
      }
      list.entry("Suspects") { entry in
        entry.text(
          "\(plan.suspects.count), with experts of the victim, fine-tuned, tampered with, or trained "
            + "independently; newcomers: ")
        entry.name(plan.newcomers.joined(separator: ", "))
        entry.text(". Retrained routers: \(plan.adaptation.steps) steps.")
      }
      for set in plan.expertSets {
        list.entry("Expert set \(set.name)") { entry in
          entry.text("trained from ")
          entry.name(set.origin)
          entry.text(
            " for \(set.steps) steps, learning rate \(set.rate), batch \(set.batch), seeds from "
              + "\(set.seed).")
        }
      }
      list.entry("Probes") {
        $0.text("\(plan.probes) images of each of the victim\u{2019}s tasks.")
      }
      list.entry("World") { entry in
        entry.text(
          plan.world.map {
            "made by the program: procedural images, a small tower; seed \($0.seed)."
          } ?? "a base model and experts that were there, real images.")
      }
      list.entry("Machine, commit, date") { $0.name(stamp ?? "not stated") }
    }
  }

  func digits(_ value: Double, _ count: Int = 3) -> String {
    FixedDigits.text(value, digits: count)
  }
}

extension MarkupWriter {
  /// A term and its description.
  mutating func entry(_ term: String, _ body: (inout MarkupWriter) -> Void) {
    element(.dt) { $0.name(term) }
    element(.dd, body: body)
    lineFeed()
  }
}
