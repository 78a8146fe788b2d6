#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Likelihood ratios by logistic regression.
///
/// Equation: log LR = a + b s, with a and b at the least of
/// b^2 / 2 + sum over i of c_i log(1 + exp(-y_i (a + b s_i))), y = 1 for reuse and -1 for innocents,
/// c_i = n / (2 n_y): both kinds weigh alike, so that the odds are likelihood ratios.
/// Source: Bruemmer and du Preez (2006); the penalty is scikit-learn's (C = 1), as `lir`'s
/// `LogitCalibrator` uses it. Newton's method; the objective is convex.
public struct LogisticCalibration: Sendable, Hashable, Codable {
  /// a.
  public let intercept: Double
  /// b.
  public let slope: Double

  /// Fits the line.
  public init(_ scores: LabelledScores) {
    let reuse = Double(scores.reuse.count)
    let innocent = Double(scores.innocent.count)
    let total = reuse + innocent
    let data =
      scores.reuse.map { (score: $0, sign: 1.0, weight: total / (2 * reuse)) }
      + scores.innocent.map { (score: $0, sign: -1.0, weight: total / (2 * innocent)) }
    // Scores of any size: solved for s / scale, where the penalty is b'^2 / (2 scale^2).
    let scale = max(data.map(\.score.magnitude).max() ?? 1, .leastNormalMagnitude)
    let penalty = 1 / scale / scale
    func objective(_ a: Double, _ b: Double) -> Double {
      data.reduce(penalty * b * b / 2) { sum, entry in
        let margin = entry.sign * (a + b * entry.score / scale)
        return sum + entry.weight
          * (margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin)
      }
    }
    var (a, b) = (0.0, 0.0)
    var value = objective(a, b)
    var stalls = 0
    for _ in 0..<200 {
      var gradient = (a: 0.0, b: penalty * b)
      var hessian = (aa: 0.0, ab: 0.0, bb: penalty)
      for entry in data {
        let score = entry.score / scale
        let margin = entry.sign * (a + b * score)
        let miss = margin > 0 ? exp(-margin) / (1 + exp(-margin)) : 1 / (1 + exp(margin))
        let curve = entry.weight * miss * (1 - miss)
        gradient.a -= entry.weight * entry.sign * miss
        gradient.b -= entry.weight * entry.sign * miss * score
        hessian.aa += curve
        hessian.ab += curve * score
        hessian.bb += curve * score * score
      }
      let determinant = hessian.aa * hessian.bb - hessian.ab * hessian.ab
      guard determinant > 0 else { break }
      let stepA = (hessian.bb * gradient.a - hessian.ab * gradient.b) / determinant
      let stepB = (hessian.aa * gradient.b - hessian.ab * gradient.a) / determinant
      var share = 1.0
      var next = objective(a - stepA, b - stepB)
      while next > value, share > 1e-10 {
        share /= 2
        next = objective(a - share * stepA, b - share * stepB)
      }
      guard next <= value else { break }
      (a, b) = (a - share * stepA, b - share * stepB)
      // Where the objective stands still in its last bit, two more steps square what is left.
      if value - next <= 1e-15 * value { stalls += 1 }
      value = next
      if stalls == 3 { break }
    }
    intercept = a
    slope = b / scale
  }

  /// log10 of the likelihood ratio of a score.
  public func logRatio(of score: Double) -> Double { (intercept + slope * score) / log(10) }
}
