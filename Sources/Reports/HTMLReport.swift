import Attribution
import Diagnostics
import RoutingFingerprints

/// A case as one self-contained page: no script, no network, well-formed as XML too.
///
///     let page = try HTMLReport(attributionCase).render()
public struct HTMLReport: Sendable {
  let report: ReportCase
  /// The SHA-256 of the case's file, where there is one.
  let digest: Digest?

  /// Checks that the parts of a case fit each other.
  ///
  /// - Parameter isNew: Whether the case was just computed, not read: then there is nothing to check.
  /// - Parameter digest: The SHA-256 of the case's file, which the page states.
  /// - Throws: what `AttributionCase.discrepancies()` throws.
  public init(
    _ attributionCase: AttributionCase, isNew: Bool = false, digest: Digest? = nil
  ) throws {
    self.digest = digest
    report = try ReportCase(attributionCase, isNew: isNew)
  }

  /// The whole page, from the document type to the last line feed.
  ///
  /// A case that contradicts itself is shown under a warning.
  public func render() -> String {
    var page = MarkupWriter()
    page.raw(RawMarkup("<!DOCTYPE html>\n"))
    page.element(.html, .lang("en")) { page in
      writeHead(to: &page)
      page.lineFeed()
      page.element(.body) { page in
        page.element(.main) { page in
          writeHeader(to: &page)
          writeVerdict(to: &page)
          writeExact(to: &page)
          writeCalibration(to: &page)
          writeExperts(to: &page)
          writeIntervals(to: &page)
          writeMatrix(to: &page)
          writePairs(to: &page)
          writeGuide(to: &page)
          writeLimits(to: &page)
          writeProvenance(to: &page)
        }
      }
      page.lineFeed()
    }
    page.lineFeed()
    return page.markup
  }

  private func writeHead(to page: inout MarkupWriter) {
    let suspect = TextWidth.cut(
      ReportCase.name(of: report.attributionCase.provenance.suspect.label), to: 60)
    page.head(
      title: "\(suspect): \(report.headline.words)",
      sheets: report.calibration == nil ? [.standard] : [.standard, .charts])
  }

  private func writeHeader(to page: inout MarkupWriter) {
    let provenance = report.attributionCase.provenance
    page.element(.header) { header in
      header.element(.p, .classes("eyebrow"), text: "RouteMark attribution report")
      header.element(.h1) { heading in
        let (victim, suspect) = (
          ReportCase.name(of: provenance.victim.label),
          ReportCase.name(of: provenance.suspect.label)
        )
        // Folders are often called by their role: saying it twice helps nobody.
        heading.text(suspect == "suspect" ? "The " : "Suspect ")
        heading.name(suspect, cutTo: 60)
        heading.text(victim == "victim" ? " compared with the " : " compared with victim ")
        heading.name(victim, cutTo: 60)
      }
    }
    page.lineFeed()
  }

  private func writeVerdict(to page: inout MarkupWriter) {
    if let warning = report.discrepancyWarning {
      page.element(.div, .classes("card warning"), .role("alert"), text: warning)
    }
    page.element(.div, .classes("card verdict \(report.headline.className)")) { card in
      card.element(.h2) { $0.badge(report.headline, text: report.headline.words.capitalisedFirst) }
      card.element(.p, .classes("sentence"), text: report.sentence.capitalisedFirst)
      card.element(.p, .classes("limit")) { limit in
        limit.element(.strong, text: "Limit. ")
        limit.text(report.limit)
      }
      let notes = report.attributionCase.notes + report.routingNotes + unmatchedNote
      guard !notes.isEmpty else { return }
      card.element(.ul, .classes("notes")) { list in
        for note in notes { list.element(.li) { $0.name("\(note.capitalisedFirst).") } }
      }
    }
    page.lineFeed()
  }

  private var unmatchedNote: [String] {
    let summary = report.attributionCase.summary
    let names = summary.unmatchedVictimExperts
    // When nothing matches, the sentence above has said so.
    guard report.calibration == nil, !names.isEmpty, summary.matchingCount > 0 else { return [] }
    return ["no suspect expert matches the routing of \(names.joined(separator: ", "))"]
  }

  private func writeExperts(to page: inout MarkupWriter) {
    page.element(.section) { section in
      section.element(.h2, text: expertsHeading)
      section.element(.div, .classes("scroll")) { scroll in
        scroll.element(.table, .classes("experts")) { table in
          table.element(
            .caption,
            text: "Thresholds: \(report.thresholdLine). The margin is top-1 minus runner-up.")
          table.headings([
            ("Suspect expert", false), (report.similarityVerdictTitle, false),
            ("Top-1 victim expert", false),
            ("Top-1 similarity", true), ("Runner-up", false), ("Runner-up similarity", true),
            ("Margin", true), ("Thresholds", true),
          ])
          table.element(.tbody) { body in
            for attribution in report.attributions { writeRow(attribution, to: &body) }
          }
        }
      }
    }
    page.lineFeed()
  }

  /// Without null experts similarities are all there is; beside them they only show the task.
  private var expertsHeading: String {
    report.calibration == nil
      ? "Verdict for each suspect expert" : "Plain similarities, which recognise the task"
  }

  private func writeRow(_ attribution: ExpertAttribution, to body: inout MarkupWriter) {
    let thresholds = attribution.thresholds
    let needed =
      FixedDigits.text(thresholds.consistentSimilarity) + ", "
      + FixedDigits.text(thresholds.consistentMargin)
    body.element(.tr) { row in
      row.element(.th, .scope("row")) { $0.name(attribution.suspectExpert, cutTo: 40) }
      row.element(.td) { cell in
        cell.badge(VerdictKind(attribution.verdict), text: VerdictKind(attribution.verdict).words)
        if case .inconclusive(let reason) = attribution.verdict {
          cell.element(.span, .classes("reason"), text: reason.explanation)
        }
      }
      row.element(.td) { $0.name(attribution.topOneExpert, cutTo: 40) }
      row.number(report.number(attribution.similarity))
      row.element(.td) { cell in
        if let name = attribution.runnerUpExpert {
          cell.name(name, cutTo: 40)
        } else {
          cell.text("none")
        }
      }
      row.number(attribution.runnerUpSimilarity.map(report.number) ?? "–")
      row.number(attribution.attributionMargin.map(report.number) ?? "–")
      row.number(needed)
    }
    body.lineFeed()
  }
}

extension VerdictKind {
  /// The class of the style sheet.
  var className: String {
    switch self {
    case .identical, .consistent: "consistent"
    case .leaning, .matches, .unlike: "inconclusive"
    case .inconclusive: "inconclusive"
    case .noEvidence: "none"
    case .notApplicable: "inconclusive"
    }
  }

  /// A shape of its own for every verdict: full, half and empty circle, 14 units wide.
  fileprivate var outline: String {
    let ring = "M7 1.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0 -11z"
    return switch self {
    case .identical, .consistent: ring
    case .leaning, .matches, .unlike, .inconclusive: "M7 1.5a5.5 5.5 0 1 0 0 11z"
    case .noEvidence, .notApplicable: ""
    }
  }
}

extension MarkupWriter {
  /// A verdict: shape and words in the verdict's colour.
  package mutating func badge(_ kind: VerdictKind, text: String) {
    element(.span, .classes("badge \(kind.className)")) { badge in
      badge.element(
        .svg, .viewBox(width: 14, height: 14), .width(14), .height(14), .hidden
      ) { svg in
        svg.element(
          .path, .classes("ring"), .hollow, .outlined,
          .data("M7 1.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0 -11z"))
        if !kind.outline.isEmpty { svg.element(.path, .data(kind.outline)) }
      }
      badge.element(.span, text: text)
    }
  }

  /// A row of column headings; those of numbers are aligned like numbers.
  package mutating func headings(_ titles: [(title: String, isNumber: Bool)]) {
    element(.thead) { head in
      head.element(.tr) { row in
        for (title, isNumber) in titles {
          if isNumber {
            row.element(.th, .scope("col"), .classes("number"), text: title)
          } else {
            row.element(.th, .scope("col"), text: title)
          }
        }
      }
    }
    lineFeed()
  }

  /// A cell with a number, its minus sign as typography wants it.
  package mutating func number(_ text: String) {
    element(.td, .classes("number"), text: Self.typographic(text))
  }

  /// Text with a true minus sign.
  package static func typographic(_ number: String) -> String {
    number.hasPrefix("-") ? "\u{2212}" + number.dropFirst() : number
  }
}

extension String {
  /// The same sentence with a capital first letter.
  package var capitalisedFirst: String {
    prefix(1).uppercased() + dropFirst()
  }
}
