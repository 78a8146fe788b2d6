import RoutingFingerprints

/// Gram matrices of score fingerprints: the routing residual is the functional residual of vectors
/// of N x L numbers in a single layer.
struct RoutingGrams {
  private let victim: RoutingScores
  private let suspect: RoutingScores
  /// For each null merge, the scores that stand for each victim expert, `[K, E, N * L]`.
  private let nulls: [[[Double]]]
  /// Votes of layers, when experts were matched layer by layer.
  let layerVotes: [[Int]]?

  /// Prepares the scores of all models.
  ///
  /// Matched layer by layer, a suspect expert holds the layers of the victim expert that most of its
  /// layers were matched to, and keeps its own where it was matched to none. Null merges are matched to
  /// the victim in the same way as a suspect, layer by layer or expert by expert, and never by name: a
  /// suspect that chooses its pairs among nulls that do not would look closer than they are.
  ///
  /// - Parameters:
  ///   - victim, suspect, nulls: With tasks in the same order.
  /// - Throws: ``CalibrationError/missingNullExpert(index:expert:)``.
  init(
    victim: ModelFingerprint, suspect: ModelFingerprint, nulls: [ModelFingerprint],
    options: RoutingResidualOptions
  ) throws(CalibrationError) {
    let reference = RoutingScores(victim, options: options)
    var own = RoutingScores(suspect, options: options)
    var votes: [[Int]]?
    if options.matching == .byLayer {
      let match = own.matchedByLayer(to: reference)
      for (expert, slot) in match.elected.enumerated() {
        if let slot, let layers = match.gathered[expert] { own.values[slot] = layers }
      }
      votes = match.votes
    }
    var vectors: [[[Double]]] = []
    for (index, null) in nulls.enumerated() {
      vectors.append(try Self.stand(in: null, index, for: reference, options))
    }
    self.victim = reference
    self.suspect = own
    self.nulls = vectors
    layerVotes = votes
  }

  /// The scores of a null merge that stand for each victim expert, `[E, N * L]`.
  private static func stand(
    in null: ModelFingerprint, _ index: Int, for victim: RoutingScores,
    _ options: RoutingResidualOptions
  ) throws(CalibrationError) -> [[Double]] {
    let scores = RoutingScores(null, options: options)
    if let expert = victim.experts.first(where: { !scores.experts.contains($0) }) {
      throw .missingNullExpert(index: index, expert: expert)
    }
    switch options.matching {
    case .byLayer:
      // There are as many slots as experts, so every expert has one.
      return scores.matchedByLayer(to: victim).gathered.map { ($0 ?? []).flatMap { $0 } }
    case .byExpert:
      return scores.matchedByExpert(to: victim)
    }
  }

  /// The Gram matrix of one pair.
  ///
  /// - Parameters:
  ///   - row: The victim expert's index.
  ///   - column: The suspect expert's index.
  func gram(_ row: Int, _ column: Int) throws(CalibrationError) -> ResponseGram {
    let vectors =
      [victim.values[row].flatMap { $0 }, suspect.values[column].flatMap { $0 }]
      + nulls.map { $0[row] }
    let products = vectors.flatMap { a in
      vectors.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    return try ResponseGram(
      victimExpert: victim.experts[row], suspectExpert: suspect.experts[column],
      layers: [products])
  }

  /// The scores of all pairs, `[victim experts, suspect experts]`.
  func scores() throws(CalibrationError) -> [[ResidualScores?]] {
    var result: [[ResidualScores?]] = []
    for row in victim.values.indices {
      var line: [ResidualScores?] = []
      for column in suspect.values.indices {
        line.append(ResidualScores(try gram(row, column), weighting: .uniform))
      }
      result.append(line)
    }
    return result
  }

  /// Preference similarities of all pairs, `[victim experts, suspect experts]` (equation 14).
  func preference(base: JSDBase) -> [[Double]] {
    func preferences(_ scores: RoutingScores) -> [RoutingPreferenceFingerprint] {
      scores.values.map {
        RoutingPreferenceFingerprint(RoutingScoreFingerprint(values: $0), mode: .global)
      }
    }
    let columns = preferences(suspect)
    return preferences(victim).map { row in
      columns.map { row.similarity(to: $0, base: base) }
    }
  }
}
