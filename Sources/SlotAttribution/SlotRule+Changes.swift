import Foundation

extension SlotRule {
  /// What was done to a source's weights on the way into a slot, most telling first.
  func changes(_ measurements: [SlotMeasurement], source: Int?) -> [String] {
    var changes: [String] = []
    let moved = measurements.map(\.movedUnits).max() ?? 0
    if moved > 0 { changes.append("hidden units in another order (\(moved) in one layer)") }
    if measurements.contains(where: \.rescaledUnits) {
      changes.append("hidden units rescaled between up and down")
    }
    if let grid = measurements.compactMap(\.grid).first { changes.append("rounded to \(grid)") }
    let masked = mean(measurements.map(\.maskedShare))
    if masked > 0.01 { changes.append("\(percent(masked)) of the weights set to zero") }
    guard let source else { return changes }
    let name = evidence.candidates[source].name
    let agreements = measurements.compactMap { measurement in
      measurement.agreements.first { $0.candidate == name }
    }
    let factors = multiples(agreements)
    if !factors.isEmpty { changes.append(factors.joined(separator: ", ")) }
    let compared = agreements.reduce(0) { $0 + $1.compared }
    let equal = agreements.reduce(0) { $0 + $1.equal }
    if compared > 0, factors.isEmpty {
      changes.append(
        "\(percent(Double(equal) / Double(compared))) of its \(compared) changed weights equal")
    }
    if let fit = BlendFit(measurements), factors.isEmpty { changes += blend(fit, source: source) }
    return changes
  }

  /// Matrices that are multiples other than 1 in all layers.
  private func multiples(_ agreements: [WeightAgreement]) -> [String] {
    guard !agreements.isEmpty else { return [] }
    return ["gate", "up", "down"].enumerated().compactMap { place, name in
      let factors = agreements.compactMap { $0.multiples.count == 3 ? $0.multiples[place] : nil }
      guard factors.count == agreements.count, let first = factors.first,
        factors.contains(where: { abs($0 - 1) > 1e-3 })
      else { return nil }
      return "\(name) times \(String(format: "%.3g", first))"
    }
  }

  private func blend(_ fit: BlendFit, source: Int) -> [String] {
    let parts = fit.factors.enumerated().filter {
      abs($0.element) >= 0.1 && evidence.candidates[$0.offset].role != .rerun
    }.sorted { abs($0.element) > abs($1.element) }
    guard fit.explained >= 0.9 else {
      return [
        "changed further: \(percent(fit.explained)) of the difference from the base explained"
      ]
    }
    let words = parts.prefix(4).map {
      "\(String(format: "%.2f", $0.element)) \(evidence.candidates[$0.offset].name)"
    }
    if parts.count > 1 { return ["a blend of " + words.joined(separator: " and ")] }
    guard let part = parts.first, abs(part.element - 1) > 0.05 else { return [] }
    return ["blended with the base: \(words[0])"]
  }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  private func percent(_ share: Double) -> String {
    // Nearly all is not all.
    share < 1 && share > 0.9995 ? "nearly 100 %" : String(format: "%.4g %%", share * 100)
  }
}
