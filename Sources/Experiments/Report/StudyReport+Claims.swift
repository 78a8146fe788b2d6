import Reports

extension StudyReport {
  /// Each claim of the paper with what was measured and the rule of its verdict.
  func writeClaims(to section: inout MarkupWriter) {
    section.remark(
      "A claim is marked by the rule beside it, which is "
        + "the same for every study.")
    ReportTable(
      caption: "Claims of the paper", classes: "plain claims",
      columns: [
        .words("Claim"), .words("Section"), .words("Measured here"), .words("Outcome"),
        .words("Reproduced when"),
      ],
      rows: headline.claims.map { claim in
        [
          .text(claim.claim), .text(claim.section), .text(claim.measured),
          .marked(claim.outcome.rawValue, claim.outcome.classes), .text(claim.rule),
        ]
      }
    ).write(to: &section)
  }
}

extension StudyClaim.Outcome {
  /// Classes of the style sheet.
  var classes: String {
    switch self {
    case .reproduced: "outcome"
    case .inPart: "outcome part"
    case .notReproduced: "outcome not"
    case .untested: "outcome"
    }
  }
}
