import RoutingFingerprints
import Statistics

/// A model's score fingerprints under the options of a routing residual.
struct RoutingScores {
  /// Names of the experts, in the order of `values`.
  var experts: [String]
  /// `[E, N, L]`.
  var values: [[[Double]]]

  private var layerCount: Int { values.first?.first?.count ?? 0 }

  /// Takes over a fingerprint's scores, centred and scaled.
  init(_ fingerprint: ModelFingerprint, options: RoutingResidualOptions) {
    experts = fingerprint.experts
    values = fingerprint.routingScores.map(\.values)
    if options.centring == .expertsAndTasks { centreOverTasks() }
    if options.scaling == .unitLayers { scaleLayers() }
  }

  private mutating func centreOverTasks() {
    for expert in values.indices {
      for layer in 0..<layerCount {
        // Differences from the first task, so that constants leave exactly nothing.
        let reference = values[expert][0][layer]
        let shifted = values[expert].map { $0[layer] - reference }
        let mean = shifted.reduce(0, +) / Double(shifted.count)
        for task in shifted.indices { values[expert][task][layer] = shifted[task] - mean }
      }
    }
  }

  private mutating func scaleLayers() {
    for layer in 0..<layerCount {
      let column = values.flatMap { rows in rows.map { $0[layer] } }
      let largest = column.reduce(0) { max($0, abs($1)) }
      guard largest > 0 else { continue }
      let square = column.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
      let scale = largest * (square / Double(column.count)).squareRoot()
      for expert in values.indices {
        for task in values[expert].indices { values[expert][task][layer] /= scale }
      }
    }
  }

  /// What stands for each of a victim's experts when slots are matched layer by layer.
  struct LayerMatch {
    /// For each victim expert, its layers put together; `nil` with fewer slots than experts.
    let gathered: [[[Double]]?]
    /// How many layers of each victim expert were matched to each slot.
    let votes: [[Int]]
    /// The slot that most layers of each victim expert were matched to, one-to-one.
    let elected: [Int?]
  }

  /// Assigns slots to victim experts one-to-one in every layer, by the cosine of scores over tasks,
  /// and lets layers vote.
  func matchedByLayer(to victim: RoutingScores) -> LayerMatch {
    var votes = victim.values.map { _ in [Int](repeating: 0, count: values.count) }
    let slots = (0..<layerCount).map { layer -> [Int?] in
      let columns = values.map { Self.column($0, layer) }
      return Assignment.maximising(
        victim.values.map { expert in
          let row = Self.column(expert, layer)
          return columns.map { row.cosine(with: $0) }
        })
    }
    for (expert, slot) in slots.joined().enumerated() {
      if let slot { votes[expert % victim.values.count][slot] += 1 }
    }
    let gathered = victim.values.indices.map { expert -> [[Double]]? in
      let sources = slots.compactMap { $0[expert] }
      guard sources.count == layerCount else { return nil }
      return values[0].indices.map { task in
        sources.enumerated().map { layer, slot in values[slot][task][layer] }
      }
    }
    let elected = Assignment.maximising(votes.map { $0.map(Double.init) }, rejectingBelow: 0.5)
    return LayerMatch(gathered: gathered, votes: votes, elected: elected)
  }

  /// What stands for each of a victim's experts: experts assigned one-to-one by the cosine of all
  /// scores, and where there are fewer of them the closest one, flat `[N * L]`.
  ///
  /// - Precondition: there is an expert.
  func matchedByExpert(to victim: RoutingScores) -> [[Double]] {
    let flat = values.map { RoutingScoreFingerprint(values: $0) }
    let cosines = victim.values.map { expert in
      let row = RoutingScoreFingerprint(values: expert)
      return flat.map { row.cosine(with: $0) }
    }
    return zip(Assignment.maximising(cosines), cosines).map { assigned, row in
      let closest = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
      return values[assigned ?? closest].flatMap { $0 }
    }
  }

  private static func column(_ rows: [[Double]], _ layer: Int) -> RoutingScoreFingerprint {
    RoutingScoreFingerprint(values: rows.map { [$0[layer]] })
  }
}
