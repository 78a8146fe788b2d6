import Reports

/// The numbers that the paper gives in its text and tables (He et al., *RouteMark*).
///
/// What it only draws is not here. Suspects have the names of ``StudyPlan/real``.
package enum PaperValues {
  /// Figure 3, section 5.2: mean similarity of reused experts.
  package static let matrixMeans: [String: Double] = [
    "fine-tuned": 0.948, "wanda-50": 0.914, "deleted-1": 0.944, "added-2": 0.942,
    "replaced-1": 0.941,
  ]

  /// Figure 3 (e) and (f), section 5.2: margins of experts that are new to the victim, in their order.
  package static let newcomerMargins: [String: [Double]] = [
    "added-2": [0.070, 0.103], "replaced-1": [0.058],
  ]

  /// Table 2, section 5.3.
  package static func parametric(_ suspect: String, _ method: StudyMethod) -> ReferenceValue? {
    guard let row = table2[suspect],
      let column = [StudyMethod.modelPCS, .modelICS, .reef, .expertPCS, .expertICS, .routeMark]
        .firstIndex(of: method)
    else { return nil }
    return ReferenceValue(row[column])
  }

  /// PCS-M, ICS-M, REEF, PCS-E, ICS-E, RouteMark.
  private static let table2: [String: [Double]] = [
    "magnitude-30": [0.000, 0.000, 0.785, 0.000, 0.000, 0.960],
    "wanda-30": [0.013, 0.018, 0.769, 0.013, 0.011, 0.922],
    "fine-tuned": [0.839, 0.714, 0.851, 0.872, 0.833, 0.958],
    "fine-tuned-2x": [0.715, 0.606, 0.843, 0.749, 0.733, 0.956],
    "permuted": [0.014, 0.574, 1.000, 0.001, 0.000, 1.000],
  ]

  /// Figure 4: Table 2 at 30 %; section 5.3, "from about 0.8 to 0.4" beyond 40 %; section 5.2, 0.914 at
  /// 50 %.
  package static func pruning(_ sparsity: Double, _ method: StudyMethod) -> ReferenceValue? {
    switch (method, Int((100 * sparsity).rounded())) {
    case (.routeMark, 30): ReferenceValue(0.922)
    case (.routeMark, 50): ReferenceValue(0.914)
    case (.reef, 30): ReferenceValue(0.769)
    case (.reef, 40): ReferenceValue(0.8, .about)
    case (.reef, 50): ReferenceValue(0.4, .about)
    default: nil
    }
  }

  /// Figure 5, section 5.4: "at or close to 0.9"; "drop below 0.3 when three experts are affected";
  /// "about 0.95 while REEF remains around 0.85" with three added; section 5.2 for three of them.
  package static func structural(_ suspect: String, _ method: StudyMethod) -> ReferenceValue? {
    let changed = ["replaced", "deleted", "added"].flatMap { verb in (1...3).map { "\(verb)-\($0)" }
    }
    switch (method, suspect) {
    case (.routeMark, "added-3"): return ReferenceValue(0.95, .about)
    case (.routeMark, _) where changed.contains(suspect):
      return matrixMeans[suspect].map { ReferenceValue($0) } ?? ReferenceValue(0.9, .about)
    case (.reef, "added-3"): return ReferenceValue(0.85, .about)
    case (.modelPCS, "replaced-3"), (.modelPCS, "deleted-3"), (.modelICS, "replaced-3"),
      (.modelICS, "deleted-3"):
      return ReferenceValue(0.3, .below)
    default: return nil
    }
  }

  /// Figure 6, section 5.5: "above 0.94 across all sample sizes".
  ///
  /// REEF's decline has no number.
  package static let sampleSizes = ReferenceValue(0.94, .above)
}
