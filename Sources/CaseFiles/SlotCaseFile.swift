import Diagnostics
import Documents
import SlotAttribution

extension SlotCase: EvidenceContent {
  /// There is one version, whose keys are all in snake case.
  public var documentVersion: EvidenceVersion { .two }
}

extension CaseVerification {
  /// Recomputes an examination of slots.
  ///
  /// - Throws: what `SlotCase.discrepancies()` throws.
  public init(_ contents: EvidenceDocument.Contents<SlotCase>, file: String) throws {
    let value = contents.value
    let found = value.findings.filter {
      switch $0.conclusion {
      case .identical, .consistentWithReuse, .matchesWeights: true
      case .base, .inconclusive, .noEvidence, .notApplicable: false
      }
    }
    self.init(
      file: file, digest: contents.digest,
      discrepancies: try value.discrepancies().map {
        Item(path: $0.path, stored: $0.stored, recomputed: $0.recomputed)
      }, verdict: "\(found.count) of \(value.findings.count) slots have a source",
      finding: found.map { "\($0.slot) \($0.words)" }.joined(separator: "; "),
      subjects: ["suspect": value.provenance.suspect, "base": value.provenance.base],
      notChecked: [
        "that digests and inner products are those of the models that are named",
        "what was counted on weights (equal and masked shares, multiples, units), and how the router was made",
        "that re-runs repeat the victims' recipes with seeds of their own",
        "tool version, command line, seed and names of the models",
      ])
  }
}
