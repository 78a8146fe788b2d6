import Calibration
import ExpertResponses
import ModelMerging

extension WeightDiagnosis {
  /// The findings with their measurements, as a case holds them.
  ///
  /// - Parameter subject: the suspect expert's name.
  func tamperFindings(on subject: String) -> [TamperFinding] {
    findings.map { finding in
      switch finding {
      case .pruned:
        TamperFinding(
          .pruned, subject: subject,
          quantities: [
            .init("sparsity", zeros.share),
            .init(
              "share of matrices with equally sparse rows",
              Double(zeros.evenMatrices) / Double(max(zeros.sparseMatrices, 1))),
          ], confidence: .clear)
      case .quantised:
        TamperFinding(
          .quantised, subject: subject,
          quantities: grid.map {
            [.init("bits", Double($0.bits)), .init("share of rows on the grid", $0.rowShare)]
          } ?? [], confidence: .clear)
      case .permuted:
        TamperFinding(
          .permuted, subject: subject,
          quantities: [
            .init("share of moved units", Double(units.movedCount) / Double(units.unitCount)),
            .init("mean cosine of matched units", units.meanCosine),
          ], confidence: .clear)
      case .blended:
        TamperFinding(
          .blended, subject: subject, quantities: taskVectorQuantities, confidence: .likely)
      case .fineTuned:
        TamperFinding(
          .fineTuned, subject: subject, quantities: taskVectorQuantities, confidence: .likely)
      }
    }
  }

  private var taskVectorQuantities: [TamperFinding.Quantity] {
    [
      .init("share of the victim's task vector", relation.coefficient),
      .init("remainder relative to the victim's task vector", relation.remainder),
      .init("cosine of task vectors", relation.cosine),
    ]
  }
}

extension CloneSearch.Pair {
  /// The finding about the later of both experts.
  func tamperFinding(among experts: [ExpertTower]) -> TamperFinding {
    TamperFinding(
      .cloned, subject: experts[second].name,
      quantities: [.init("cosine of task vectors with \(experts[first].name)", cosine)],
      confidence: cosine > 0.99 ? .clear : .likely)
  }
}
