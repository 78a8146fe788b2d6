import RoutingFingerprints

/// What two fingerprints say about what was done to the router and to the set of experts.
public enum RouterDiagnosis {
  /// How an expert's scores in the suspect follow from those in the victim.
  ///
  /// Equation: RSF_suspect[i, l] = c RSF_victim[i, l] + b[l] + rest, least squares over tasks i and
  /// layers l with one factor c and a constant b[l] a layer
  package struct Fit: Equatable {
    /// c.
    package let factor: Double
    /// The root mean square of b over layers, relative to that of the victim's scores.
    package let offset: Double
    /// The share of the suspect's variation over tasks that c explains.
    package let explained: Double

    /// Fits one pair.
    ///
    /// - Returns: `nil` when either does not vary over tasks.
    package init?(victim: [[Double]], suspect: [[Double]]) {
      let layers = (victim.first ?? []).indices
      func means(_ rows: [[Double]]) -> [Double] {
        layers.map { layer in rows.reduce(0) { $0 + $1[layer] } / Double(rows.count) }
      }
      let (x, y) = (means(victim), means(suspect))
      var (xx, xy, yy, power) = (0.0, 0.0, 0.0, 0.0)
      for (own, other) in zip(victim, suspect) {
        for layer in layers {
          let (a, b) = (own[layer] - x[layer], other[layer] - y[layer])
          xx += a * a
          xy += a * b
          yy += b * b
          power += own[layer] * own[layer]
        }
      }
      guard xx > 0, yy > 0, power > 0, xx.isFinite, yy.isFinite, power.isFinite else { return nil }
      let factor = xy / xx
      self.factor = factor
      let squares = layers.reduce(0) {
        $0 + (y[$1] - factor * x[$1]) * (y[$1] - factor * x[$1])
      }
      offset =
        (squares / Double(layers.count)).squareRoot()
        / (power / Double(victim.count * layers.count)).squareRoot()
      explained = xy / xx * (xy / yy)
      guard factor.isFinite, offset.isFinite, explained.isFinite else { return nil }
    }
  }

  /// From this share of variation on, the router is taken for the victim's own.
  static let keptShare = 0.98
  /// Below this, it is taken for another one.
  static let retrainedShare = 0.5
  /// A factor this near to 1 is none.
  static let factorSlack = 0.05
  /// An offset below this share of the scores' size is none.
  static let offsetSlack = 0.1

  /// Findings on the router, one or more a matched pair.
  ///
  /// - Parameter pairs: Indices of matched experts.
  package static func router(
    victim: ModelFingerprint, suspect: ModelFingerprint, pairs: [(victim: Int, suspect: Int)]
  ) -> [TamperFinding] {
    pairs.flatMap { pair -> [TamperFinding] in
      let fit = Fit(
        victim: victim.routingScores[pair.victim].values,
        suspect: suspect.routingScores[pair.suspect].values)
      return fit.map { findings($0, subject: suspect.experts[pair.suspect]) } ?? []
    }
  }

  private static func findings(_ fit: Fit, subject: String) -> [TamperFinding] {
    let quantities = [
      TamperFinding.Quantity("factor", fit.factor),
      TamperFinding.Quantity("offset relative to scores", fit.offset),
      TamperFinding.Quantity("explained variation", fit.explained),
    ]
    func finding(
      _ kind: TamperFinding.Kind, _ confidence: TamperFinding.Confidence
    ) -> TamperFinding {
      TamperFinding(kind, subject: subject, quantities: quantities, confidence: confidence)
    }
    guard fit.explained >= keptShare, fit.factor > 0 else {
      return [finding(.routerRetrained, fit.explained < retrainedShare ? .likely : .possible)]
    }
    let confidence: TamperFinding.Confidence = fit.explained >= 0.9999 ? .clear : .likely
    var result: [TamperFinding] = []
    if abs(fit.factor - 1) > factorSlack { result.append(finding(.routerScaled, confidence)) }
    if fit.offset > offsetSlack { result.append(finding(.routerBiased, confidence)) }
    return result.isEmpty ? [finding(.routerKept, confidence)] : result
  }

  /// Experts added, deleted and replaced, from which ones found no partner.
  ///
  /// An expert without a partner in the place of a victim expert without one replaces it.
  package static func experts(
    victim: [String], suspect: [String], pairs: [(victim: Int, suspect: Int)],
    plain: [[Double?]]
  ) -> [TamperFinding] {
    let lost = victim.indices.filter { index in !pairs.contains { $0.victim == index } }
    let new = suspect.indices.filter { index in !pairs.contains { $0.suspect == index } }
    func best(_ values: [Double?]) -> [TamperFinding.Quantity] {
      values.compactMap { $0 }.max().map { [TamperFinding.Quantity("best plain cosine", $0)] } ?? []
    }
    func finding(_ kind: TamperFinding.Kind, suspect index: Int) -> TamperFinding {
      TamperFinding(
        kind, subject: suspect[index], quantities: best(plain.map { $0[index] }),
        confidence: .likely)
    }
    return new.map { finding(lost.contains($0) ? .expertReplaced : .expertAdded, suspect: $0) }
      + lost.filter { !new.contains($0) }.map {
        TamperFinding(
          .expertDeleted, subject: victim[$0], quantities: best(plain[$0]), confidence: .likely)
      }
  }
}
