#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Likelihood ratios by the densities of both kinds of pairs.
///
/// Equation: log LR = log f_p(s) - log f_d(s), f(s) = 1/n sum over i of N(s; s_i, h^2),
/// h = (4 sd^5 / (3 n))^(1/5) with the sd over n, each kind its own
/// Source: Silverman (1986, 3.4.2); `lir`'s `KDECalibrator`. Scores that do not vary get the h of
/// sd 1, as there.
public struct KernelDensityCalibration: Sendable, Hashable {
  private let reuse: Density
  private let innocent: Density

  /// Fits both densities.
  public init(_ scores: LabelledScores) {
    reuse = Density(scores.reuse)
    innocent = Density(scores.innocent)
  }

  /// log10 of the likelihood ratio of a score.
  public func logRatio(of score: Double) -> Double {
    (reuse.logarithm(at: score) - innocent.logarithm(at: score)) / log(10)
  }
}

private struct Density: Sendable, Hashable {
  let points: [Double]
  let bandwidth: Double

  init(_ points: [Double]) {
    let count = Double(points.count)
    let mean = points.reduce(0) { $0 + $1 / count }
    // Scaled, so that squares of large scores do not overflow.
    let largest = points.map { abs($0 - mean) }.max() ?? 0
    let spread =
      largest > 0
      ? largest
        * (points.reduce(0) { $0 + ($1 - mean) / largest * (($1 - mean) / largest) } / count)
        .squareRoot() : 0
    self.points = points
    bandwidth = (spread > 0 ? spread : 1) * pow(4 / (3 * count), 0.2)
  }

  func logarithm(at score: Double) -> Double {
    let exponents = points.map { point in
      // Cut where the square would overflow: further out both densities are alike.
      let distance = min(abs(score - point) / bandwidth, 1e150)
      return -distance * distance / 2
    }
    let largest = exponents.max() ?? 0
    let sum = exponents.reduce(0) { $0 + exp($1 - largest) }
    return largest + log(sum) - log(Double(points.count)) - log(bandwidth) - log(2 * Double.pi) / 2
  }
}
