import Statistics

/// What a suspect has in common with the victim and with each re-run, the same function for all.
///
/// Equation, partial cosine: T_k = sum over l of w_l cos(P_lk s_l, P_lk v_lk), P_lk the projection
/// onto the orthogonal complement of the fixed directions and of the other runs v_lj, j != k.
/// Equation, difference to the mean: T_k = sum over l of w_l cos(Q_l s_l - m_l, Q_l v_lk - m_l),
/// m_l the mean of all projected runs, Q_l the projection away from the fixed directions.
/// Equation, cosine beside fixed: T_k = sum over l of w_l cos(Q_l s_l, Q_l v_lk).
/// Units: -1...1; a layer in which nothing is left, up to rounding, counts 0.
///
/// Numerics: vectors are scaled to length 1 and projected by Cholesky with complete pivoting, whose
/// tolerances `SpanProjection` states. Runs are put in an order that depends on their inner products
/// only, sums are taken in ascending order: permuting the runs permutes the T_k, bit by bit. Runs with equal
/// inner products throughout can still differ by rounding; that is what ``tieTolerance`` is for.
public enum RerunStatistics {
  /// What is compared.
  public enum Measure: String, Codable, Sendable, Hashable, CaseIterable {
    /// What suspect and run share beyond the span of the other runs: for long vectors.
    case partialCosine = "partial-cosine"
    /// What suspect and run share as differences to the mean run: for short vectors, which the
    /// other runs would span.
    case differenceToMean = "difference-to-mean"
    /// What suspect and run share beyond the fixed directions alone: it does not change when more runs
    /// are made, as a sequential test needs.
    case cosineBesideFixed = "cosine-beside-fixed"
  }

  /// Values that are this close are ties, against the accuser: rounding of a projection in which
  /// 1e-9 of a square is left.
  public static let tieTolerance = 1e-6

  /// T_0...T_K.
  ///
  /// - Parameter layerWeights: `[L]`, at least 0, not chosen by looking at V_0; all alike if `nil`.
  /// - Throws: ``ExactTestError`` for weights that do not fit.
  public static func values(
    of gram: RerunGram, by measure: Measure = .partialCosine, layerWeights: [Double]? = nil
  ) throws(ExactTestError) -> [Double] {
    let weights = layerWeights ?? gram.layers.map { _ in 1 }
    guard weights.count == gram.layers.count else {
      throw .countMismatch(
        name: "layer weights", expected: gram.layers.count, actual: weights.count)
    }
    for weight in weights where !(weight >= 0 && weight.isFinite) {
      throw .valueOutOfRange(name: "layer weight", range: "at least 0", actual: "\(weight)")
    }
    let total = weights.reduce(0, +)
    guard total > 0 else {
      throw .valueOutOfRange(name: "layer weights", range: "not all 0", actual: "0")
    }
    var sums = [Double](repeating: 0, count: gram.rerunCount + 1)
    for (layer, weight) in weights.enumerated() where weight > 0 {
      let cosines =
        switch measure {
        case .partialCosine: partialCosines(gram, layer: layer)
        case .cosineBesideFixed: partialCosines(gram, layer: layer, besideFixed: true)
        case .differenceToMean: differencesToMean(gram, layer: layer)
        }
      for (run, cosine) in cosines.enumerated() { sums[run] += weight / total * cosine }
    }
    return sums
  }

  /// The victim's rank on one suspect expert.
  ///
  /// - Throws: as ``values(of:by:layerWeights:)``.
  public static func rank(
    of gram: RerunGram, by measure: Measure = .partialCosine, layerWeights: [Double]? = nil,
    givenSubset: Bool = false
  ) throws(ExactTestError) -> RerunRank {
    try RerunRank(
      try values(of: gram, by: measure, layerWeights: layerWeights), tieTolerance: tieTolerance,
      givenSubset: givenSubset)
  }

  /// T_k as the largest over a suspect's experts: exact, and no expert has to be matched first.
  ///
  /// - Parameter values: T_0...T_K of each suspect expert.
  /// - Throws: ``ExactTestError`` when experts have different numbers of runs.
  public static func largest(over values: [[Double]]) throws(ExactTestError) -> [Double] {
    guard let first = values.first else { throw .noReruns }
    for other in values where other.count != first.count {
      throw .countMismatch(
        name: "statistics of runs", expected: first.count, actual: other.count)
    }
    return first.indices.map { run in values.map { $0[run] }.max() ?? first[run] }
  }

  // MARK: One layer

  private static func partialCosines(
    _ gram: RerunGram, layer: Int, besideFixed: Bool = false
  ) -> [Double] {
    let unit = UnitGram(gram, layer: layer)
    return unit.runs.map { run in
      let others =
        unit.fixed + (besideFixed ? [] : unit.runsInOwnOrder.filter { $0 != run })
      let span = SpanProjection(gram: others.map { a in others.map { unit[a, $0] } })
      return span.residual(
        (unit[0, 0], others.map { unit[0, $0] }), (unit[run, run], others.map { unit[run, $0] }),
        product: unit[0, run]
      ).cosine
    }
  }

  private static func differencesToMean(_ gram: RerunGram, layer: Int) -> [Double] {
    let unit = UnitGram(gram, layer: layer)
    let span = SpanProjection(gram: unit.fixed.map { a in unit.fixed.map { unit[a, $0] } })
    let rows = [0] + unit.runs
    let coordinates = rows.map { row in span.coordinates(unit.fixed.map { unit[row, $0] }) }
    // What is left of each vector, at its own length: a mean of unit vectors would be another one.
    let left = rows.indices.map { a in
      rows.indices.map { b in
        let inside = zip(coordinates[a], coordinates[b]).reduce(0) { $0 + $1.0 * $1.1 }
        let scale = unit.lengths[rows[a]] * unit.lengths[rows[b]]
        return (unit[rows[a], rows[b]] - inside) * scale
      }
    }
    let count = Double(unit.runs.count)
    func mean(_ values: some Sequence<Double>) -> Double { values.sorted().reduce(0, +) / count }
    let toMean = rows.indices.map { row in mean(left[row].dropFirst()) }
    let square = mean(toMean.dropFirst())
    func rest(_ row: Int) -> Double {
      let value = left[row][row] - 2 * toMean[row] + square
      let scale = left[row][row] + square
      return value > SpanProjection.residualTolerance * scale ? value : 0
    }
    return rows.indices.dropFirst().map { run in
      let (u, w) = (rest(0), rest(run))
      guard u > 0, w > 0 else { return 0 }
      let inner = left[0][run] - toMean[0] - toMean[run] + square
      return min(max(inner / u.squareRoot() / w.squareRoot(), -1), 1)
    }
  }
}

/// The cosines of one layer, with runs in an order of their own.
private struct UnitGram {
  let side: Int
  let lengths: [Double]
  let fixed: [Int]
  let runs: [Int]
  /// The runs sorted by their inner products, whatever order they came in.
  let runsInOwnOrder: [Int]
  private let cosines: [Double]

  init(_ gram: RerunGram, layer: Int) {
    let side = gram.side
    let matrix = gram.layers[layer]
    let lengths = (0..<side).map { matrix[$0 * side + $0].squareRoot() }
    let cosines = matrix.indices.map { index in
      let (row, column) = (index / side, index % side)
      let scale = lengths[row] * lengths[column]
      return scale > 0 ? (row == column ? 1 : matrix[index] / scale) : 0
    }
    self.side = side
    self.lengths = lengths
    self.cosines = cosines
    fixed = Array(1..<1 + gram.fixedCount)
    runs = Array(1 + gram.fixedCount..<side)
    let head = [0] + fixed
    let signatures = runs.map { run in
      [lengths[run]] + head.map { cosines[run * side + $0] }
        + (1 + gram.fixedCount..<side).map { cosines[run * side + $0] }.sorted()
    }
    runsInOwnOrder = zip(runs, signatures).sorted {
      $0.1.lexicographicallyPrecedes($1.1)
    }.map(\.0)
  }

  subscript(_ row: Int, _ column: Int) -> Double { cosines[row * side + column] }
}
