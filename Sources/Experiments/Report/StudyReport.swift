import Reports

/// A study as one self-contained page: the paper's figures and tables, and what it left out.
///
/// Our numbers stand beside the paper's. No script, no network, well-formed as XML too.
///
///     let page = try StudyReport(results, stamp: "2 cores of an Intel Xeon").render()
public struct StudyReport: Sendable {
  let results: StudyResults
  /// Machine, commit, date: what a study does not know of itself.
  let stamp: String?
  let headline: StudyHeadline
  let steps: [StudyStep]

  /// A report of results.
  ///
  /// - Throws: ``StudyError`` for a plan that leads nowhere.
  public init(_ results: StudyResults, stamp: String? = nil) throws(StudyError) {
    self.results = results
    self.stamp = stamp
    headline = StudyHeadline(results)
    steps = try StudySteps(results.plan).steps
  }

  /// The whole page, from the document type to the last line feed.
  public func render() -> String {
    var page = MarkupWriter()
    page.raw(RawMarkup("<!DOCTYPE html>\n"))
    page.element(.html, .lang("en")) { page in
      page.head(title: results.plan.title, sheets: [.standard, .charts])
      page.lineFeed()
      page.element(.body) { page in
        page.element(.main) { page in
          writeOpening(to: &page)
          for section in ReportSection.allCases { write(section, to: &page) }
        }
      }
      page.lineFeed()
    }
    page.lineFeed()
    return page.markup
  }

  private func write(_ part: ReportSection, to page: inout MarkupWriter) {
    page.element(.section, .identifier(part.rawValue)) { section in
      section.element(.h2, text: part.title)
      switch part {
      case .setting: writeSetting(to: &section)
      case .claims: writeClaims(to: &section)
      case .routing: writeRouting(to: &section)
      case .matrices: writeMatrices(to: &section)
      case .parametric: writeParametric(to: &section)
      case .pruning: writePruning(to: &section)
      case .structural: writeStructural(to: &section)
      case .samples: writeSamples(to: &section)
      case .leftOut: writeLeftOut(to: &section)
      case .curves: writeCurves(to: &section)
      case .accuracy: writeAccuracy(to: &section)
      case .definitions: writeDefinitions(StudyMethod.allCases, to: &section)
      case .guide: writeGuide(to: &section)
      case .limits: writeLimits(to: &section)
      case .provenance: writeProvenance(to: &section)
      }
    }
    page.lineFeed()
  }

  /// A suspect's name, leading to its case file and commands.
  func link(_ suspect: SuspectResult) -> ReportTable.Cell {
    .link(suspect.title, to: Self.anchor(suspect.name))
  }

  /// The place of a suspect's commands.
  static func anchor(_ suspect: String) -> String { "suspect-\(suspect)" }

  /// Numbers of several methods beside the paper's: two rows a suspect.
  func comparison(
    _ caption: String, _ suspects: [SuspectResult], _ methods: [StudyMethod],
    paper: (SuspectResult, StudyMethod) -> ReferenceValue?
  ) -> ReportTable {
    ReportTable(
      caption: caption, classes: "plain compact",
      columns: [.words("Suspect"), .words("Router"), .words("From")]
        + methods.map { .numbers($0.title) },
      rows: suspects.flatMap { suspect in
        let stated = methods.map { paper(suspect, $0) }
        let here =
          [link(suspect), .text(suspect.router.rawValue), .text("here")]
          + methods.map { ReportTable.Cell.number($0.similarity(of: suspect)) }
        guard stated.contains(where: { $0 != nil }) else { return [here] }
        let there =
          [ReportTable.Cell.text(""), .text(""), .text("the paper")]
          + stated.map { ReportTable.Cell.count($0?.text ?? "–") }
        return [here, there]
      })
  }
}

extension MarkupWriter {
  /// A sentence under a heading that says what a figure shows.
  mutating func finding(_ text: String) {
    element(.p, text: text)
  }

  /// A sentence of explanation.
  mutating func remark(_ text: String) {
    element(.p, .classes("soft"), text: text)
  }
}
