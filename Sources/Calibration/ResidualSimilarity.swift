import Statistics

/// How much each layer counts in a residual similarity.
public enum LayerWeighting: String, Codable, Sendable, CaseIterable {
  /// By the share of the victim's residual energy: what a layer has of the victim's own is what
  /// can be found again. A layer in which nulls explain the victim counts nothing.
  case victimResidualEnergy
  /// Every layer alike.
  case uniform
}

/// The cosine of what two experts have in common beyond what independent experts share.
///
/// Equation: sum over l of w_l cos(P_l v_l, P_l c_l), P_l the projection onto the orthogonal
/// complement of the span of the other experts' responses in layer l;
/// w_l = |P_l v_l|^2 / sum over l' of |P_l' v_l'|^2, or 1/L
/// Units: -1...1. A candidate or a victim of which nothing is left, up to rounding, scores 0 in
/// that layer; with all energy weights 0 the similarity is 0.
public struct ResidualSimilarity: Sendable {
  private let layers: [(cosines: [Double], energies: [Double])]  // [side, side] and [side] each
  private let side: Int
  private let weighting: LayerWeighting

  /// Prepares the inner products of one pair.
  public init(_ gram: ResponseGram, weighting: LayerWeighting) {
    side = gram.side
    self.weighting = weighting
    layers = gram.layers.map { [side] matrix in
      let lengths = (0..<side).map { matrix[$0 * side + $0].squareRoot() }
      // Unit vectors: their products neither overflow nor depend on the scale of activations.
      let cosines = matrix.indices.map { index in
        let (row, column) = (max(index / side, index % side), min(index / side, index % side))
        let scale = lengths[row] * lengths[column]
        return scale > 0 ? (row == column ? 1 : matrix[row * side + column] / scale) : 0
      }
      return (cosines, (0..<side).map { matrix[$0 * side + $0] })
    }
  }

  /// The similarity of the victim and a candidate, others projected out of both.
  ///
  /// - Parameters:
  ///   - candidate: 1 for the suspect, 2... for the nulls.
  ///   - others: Whose span is projected out; neither the victim nor the candidate.
  public func score(of candidate: Int, without others: [Int]) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (cosines, energies) in layers {
      func cosine(_ a: Int, _ b: Int) -> Double { cosines[a * side + b] }
      let span = SpanProjection(gram: others.map { a in others.map { cosine(a, $0) } })
      let residual = span.residual(
        (cosine(0, 0), others.map { cosine(0, $0) }),
        (cosine(candidate, candidate), others.map { cosine(candidate, $0) }),
        product: cosine(0, candidate))
      let weight = weighting == .uniform ? 1 : residual.firstSquare * energies[0]
      sum += weight * residual.cosine
      total += weight
    }
    return total > 0 ? min(max(sum / total, -1), 1) : 0
  }

  /// The share of a response's energy that the span of others leaves unexplained, 0...1.
  ///
  /// - Parameters:
  ///   - index: 0 for the victim, 1 for the suspect, 2... for the nulls.
  ///   - others: Whose span is projected out; not `index`.
  func unexplained(_ index: Int, without others: [Int]) -> Double {
    var (left, total) = (0.0, 0.0)
    for (cosines, energies) in layers {
      func cosine(_ a: Int, _ b: Int) -> Double { cosines[a * side + b] }
      let span = SpanProjection(gram: others.map { a in others.map { cosine(a, $0) } })
      let inside = span.coordinates(others.map { cosine(index, $0) })
      left += energies[index] * max(0, 1 - inside.reduce(0) { $0 + $1 * $1 })
      total += energies[index]
    }
    return total > 0 ? min(left / total, 1) : 0
  }
}
