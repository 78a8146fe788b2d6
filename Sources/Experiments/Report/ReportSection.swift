/// The sections of the report, in order.
enum ReportSection: String, CaseIterable {
  case setting, claims, routing, matrices, parametric, pruning, structural, samples
  case leftOut = "left-out"
  case curves, accuracy
  case definitions, guide, limits, provenance

  var title: String {
    switch self {
    case .setting: "Setting"
    case .claims: "The paper\u{2019}s claims, one by one"
    case .routing: "Figure 2b: routing weights"
    case .matrices: "Figure 3: similarity matrices"
    case .parametric: "Table 2: parametric tampering"
    case .pruning: "Figure 4: WANDA pruning"
    case .structural: "Figure 5: experts replaced, deleted, added"
    case .samples: "Figure 6: number of samples"
    case .leftOut: "What the paper left out"
    case .curves: "Every threshold: ROC by method"
    case .accuracy: "Accuracies"
    case .definitions: "Definitions"
    case .guide: "How to read this report"
    case .limits: "Limits of the evidence"
    case .provenance: "Provenance: every command"
    }
  }
}
