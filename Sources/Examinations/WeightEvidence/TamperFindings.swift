import Calibration
import Coordinates
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

extension FunctionalResponses.Suspect {
  /// How the expert's coordinates differ from the base's; `nil` where they do not.
  ///
  /// - Throws: the sources' errors.
  func coordinateFinding() throws -> TamperFinding? {
    let stream = realignment.stream
    let subject = realignment.expert.name
    guard stream.isFound else {
      return TamperFinding(
        .coordinatesNotFound, subject: subject,
        quantities: [
          .init("mean cosine of channels", stream.meanCosine),
          .init("least cosine", stream.leastCosine),
        ], confidence: .clear)
    }
    let weights = try realignment.weights()
    var found: [TamperFinding.Quantity] = []
    if stream.movedCount > 0 {
      found += [
        .init("channels permuted", Double(stream.movedCount)),
        .init("of", Double(stream.channelCount)), .init("least cosine", stream.leastCosine),
      ]
    }
    if stream.rotation > Self.leastRotation {
      found += [
        .init("stream rotated by", stream.rotation), .init("cosine", stream.meanCosine),
      ]
    }
    if stream.scale < 0 || abs(stream.scale - 1) > Self.leastScale {
      found.append(.init("stream multiplied by", stream.scale))
    }
    func count(_ name: String, _ count: Int, of total: Int) {
      guard count > 0 else { return }
      found += [.init(name, Double(count)), .init("of", Double(total))]
    }
    count(
      "norms rewritten", realignment.rewrittenNormCount, of: realignment.normCount)
    count("idle layers", realignment.idleLayerCount, of: realignment.layerCount)
    count("idle units", weights.units.idleCount, of: weights.units.unitCount)
    count("units without a partner", weights.units.unmatchedCount, of: weights.units.unitCount)
    count("units missing", weights.units.missingCount, of: weights.units.unitCount)
    if let heads = weights.heads {
      count("heads moved", heads.movedCount, of: heads.headCount)
      count("heads turned", heads.turnedCount, of: heads.headCount)
    }
    guard !found.isEmpty else { return nil }
    return TamperFinding(
      .coordinatesChanged, subject: subject, quantities: found, confidence: .clear)
  }

  /// Training turns and stretches a stream by less than this.
  private static var leastRotation: Double { 0.05 }
  private static var leastScale: Double { 0.5 }
}
