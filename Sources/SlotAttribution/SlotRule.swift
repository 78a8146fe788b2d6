import Diagnostics
import ExactTests
import Statistics

/// From digests and inner products to words; a pure function, which `verify` calls again.
struct SlotRule {
  let evidence: SlotEvidence
  let thresholds: SlotThresholds
  /// The places of the others among the candidates.
  private let others: [Int]
  /// The places of victims and others: what a slot may be attributed to.
  private let sources: [Int]

  init(_ evidence: SlotEvidence, _ thresholds: SlotThresholds) {
    self.evidence = evidence
    self.thresholds = thresholds
    let candidates = evidence.candidates
    others = candidates.indices.filter { candidates[$0].role == .other }
    sources = candidates.indices.filter { candidates[$0].role != .rerun }
  }

  /// Victims first, by exact tests; then every slot.
  func findings() throws(ExactTestError) -> (slots: [SlotFinding], victims: [VictimFinding]) {
    let screened = evidence.slots.map(screened)
    let (victims, reused) = try tested(screened)
    let slots = screened.map { finding in
      guard finding.conclusion == .matchesWeights || finding.conclusion == .inconclusive,
        let source = finding.source, reused.contains(source)
      else { return finding }
      return finding.concluding(.consistentWithReuse)
    }
    return (slots, victims)
  }

  // MARK: One slot

  /// Where the digests of a layer are those of something else.
  private struct Equality {
    var isBase = false
    var sources: Set<Int> = []
  }

  private func equality(_ layer: SlotRecord.Layer) -> Equality {
    var equality = Equality()
    equality.isBase = evidence.base[layer.layer] == layer.digests
    for place in sources where evidence.candidates[place].layers[layer.layer] == layer.digests {
      // A source that has not changed the layer says nothing about whose it is.
      if !equality.isBase { equality.sources.insert(place) }
    }
    return equality
  }

  private func screened(_ slot: SlotRecord) -> SlotFinding {
    let equalities = slot.layers.map(equality)
    let copies = evidence.slots.filter { other in
      other.name != slot.name && !slot.layers.isEmpty
        && other.layers.map(\.digests) == slot.layers.map(\.digests)
    }.map(\.name)
    if !slot.layers.isEmpty, equalities.allSatisfy(\.isBase) {
      return SlotFinding(
        slot: slot.name, conclusion: .base, source: nil, residual: nil,
        changes: ["adds nothing to the base"], layerSources: nil, copies: copies)
    }
    if let finding = identical(slot, equalities, copies) { return finding }
    return measured(slot, equalities, copies)
  }

  /// Every layer is the base's or a source's, and one is a source's at least.
  private func identical(
    _ slot: SlotRecord, _ equalities: [Equality], _ copies: [String]
  ) -> SlotFinding? {
    let changed = equalities.indices.filter { !equalities[$0].isBase }
    guard !changed.isEmpty, changed.allSatisfy({ !equalities[$0].sources.isEmpty }) else {
      return nil
    }
    let common = changed.dropFirst().reduce(equalities[changed[0]].sources) {
      $0.intersection(equalities[$1].sources)
    }
    if let source = preferred(common) {
      return SlotFinding(
        slot: slot.name, conclusion: .identical, source: evidence.candidates[source].name,
        residual: nil, changes: [], layerSources: nil, copies: copies)
    }
    var layers: [Int: String] = [:]
    for place in changed {
      guard let source = preferred(equalities[place].sources) else { continue }
      layers[slot.layers[place].layer] = evidence.candidates[source].name
    }
    return SlotFinding(
      slot: slot.name, conclusion: .identical, source: nil, residual: nil,
      changes: ["layers come from different sources"], layerSources: layers, copies: copies)
  }

  /// A victim rather than another, the first of several.
  private func preferred(_ places: Set<Int>) -> Int? {
    places.min {
      (others.contains($0) ? 1 : 0, $0) < (others.contains($1) ? 1 : 0, $1)
    }
  }

  private func measured(
    _ slot: SlotRecord, _ equalities: [Equality], _ copies: [String]
  ) -> SlotFinding {
    // Residuals of probed layers; where digests have settled one, its source has 1 and all others 0.
    var rows: [(layer: Int, residuals: [Double])] = []
    var measurements: [SlotMeasurement] = []
    for (layer, equality) in zip(slot.layers, equalities) where !equality.isBase {
      if let measurement = layer.measurement {
        measurements.append(measurement)
        rows.append(
          (layer.layer, sources.map { measurement.residual($0, beyond: others) }))
      } else if !equality.sources.isEmpty {
        rows.append((layer.layer, sources.map { equality.sources.contains($0) ? 1 : 0 }))
      }
    }
    guard !rows.isEmpty, !sources.isEmpty else {
      return SlotFinding(
        slot: slot.name, conclusion: .notApplicable, source: nil, residual: nil,
        changes: ["no layer could be measured"], layerSources: nil, copies: copies)
    }
    let means = sources.indices.map { place in
      rows.reduce(0) { $0 + $1.residuals[place] } / Double(rows.count)
    }
    let best = means.indices.max { means[$0] < means[$1] } ?? 0
    // Layer by layer: somebody may have dealt the experts anew in every layer.
    let bests = rows.map { row in
      row.residuals.indices.max { row.residuals[$0] < row.residuals[$1] } ?? 0
    }
    let isDealt =
      Set(bests).count > 1
      && zip(rows, bests).allSatisfy { $0.residuals[$1] >= thresholds.match }
      && zip(rows, bests).allSatisfy { row, winner in
        winner == best || row.residuals[winner] - row.residuals[best] >= 0.2
      }
    if isDealt {
      var layers: [Int: String] = [:]
      for (row, place) in zip(rows, bests) {
        layers[row.layer] = evidence.candidates[sources[place]].name
      }
      let mean = zip(rows, bests).reduce(0) { $0 + $1.0.residuals[$1.1] } / Double(rows.count)
      return SlotFinding(
        slot: slot.name, conclusion: .matchesWeights, source: nil, residual: mean,
        changes: ["layers come from different sources"] + changes(measurements, source: nil),
        layerSources: layers, copies: copies)
    }
    let source = sources[best]
    let name = evidence.candidates[source].name
    let isExact =
      !measurements.isEmpty
      && measurements.allSatisfy { measurement in
        measurement.agreements.first { $0.candidate == name }
          .map { $0.isMultiple && $0.compared > 0 } ?? false
      }
    let conclusion: SlotFinding.Conclusion =
      isExact
      ? .identical
      : means[best] >= thresholds.match
        ? .matchesWeights : means[best] >= thresholds.doubt ? .inconclusive : .noEvidence
    let isLike = isExact || means[best] >= thresholds.doubt
    return SlotFinding(
      slot: slot.name, conclusion: conclusion, source: isLike ? name : nil,
      residual: means[best],
      changes: isExact || conclusion == .matchesWeights
        ? changes(measurements, source: source) : [],
      layerSources: nil, copies: copies)
  }

  // MARK: Re-runs

  /// The re-run test of every victim over all slots, and the victims that it finds reused.
  private func tested(
    _ screened: [SlotFinding]
  ) throws(ExactTestError) -> ([VictimFinding], Set<String>) {
    let candidates = evidence.candidates
    var tests: [(place: Int, result: ExactTestResult?)] = []
    for place in candidates.indices where candidates[place].role == .victim {
      let runs = candidates.indices.filter {
        candidates[$0].role == .rerun && candidates[$0].victim == candidates[place].name
      }
      tests.append((place, runs.isEmpty ? nil : try rank([place] + runs)?.result()))
    }
    let given = tests.compactMap { $0.result?.pValue }
    var adjusted = Holm.adjusted(given)[...]
    var reused: Set<String> = []
    var findings: [VictimFinding] = []
    let rule = try ExactVerdictRule()
    for (place, result) in tests {
      let name = candidates[place].name
      let p = result == nil ? nil : adjusted.popFirst()
      if let p, p <= rule.level { reused.insert(name) }
      findings.append(
        VictimFinding(
          victim: name,
          slots: screened.filter { finding in
            finding.source == name && finding.conclusion != .inconclusive
              || finding.layerSources?.values.contains(name) == true
          }.map(\.slot), test: result, adjustedPValue: p))
    }
    return (findings, reused)
  }

  /// T_k is the largest over slots, the same function for every run, so no slot is chosen first.
  ///
  /// - Returns: `nil` where no slot was measured: equal weights need no test.
  private func rank(_ runs: [Int]) throws(ExactTestError) -> RerunRank? {
    var values: [[Double]] = []
    for slot in evidence.slots {
      let layers = slot.layers.compactMap(\.measurement)
      guard !layers.isEmpty else { continue }
      let order = [0, 1] + others.map { $0 + 2 } + runs.map { $0 + 2 }
      let gram = try RerunGram(
        layers: layers.map { layer in order.flatMap { row in order.map { layer[row, $0] } } },
        fixedCount: 1 + others.count)
      values.append(try RerunStatistics.values(of: gram))
    }
    guard !values.isEmpty else { return nil }
    return try RerunRank(
      try RerunStatistics.largest(over: values), tieTolerance: RerunStatistics.tieTolerance)
  }
}

extension SlotFinding {
  fileprivate func concluding(_ conclusion: Conclusion) -> SlotFinding {
    SlotFinding(
      slot: slot, conclusion: conclusion, source: source, residual: residual, changes: changes,
      layerSources: layerSources, copies: copies)
  }
}
