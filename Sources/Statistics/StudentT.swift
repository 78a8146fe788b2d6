/// Student's t distribution.
public enum StudentT {
  /// P(T >= t) with `degrees` degrees of freedom.
  ///
  /// Equation: I_{v / (v + t^2)}(v / 2, 1 / 2) / 2 for t >= 0
  ///
  /// - Precondition: `degrees` is positive.
  public static func upperTail(_ t: Double, degrees: Double) -> Double {
    precondition(degrees > 0, "Student's t has at least some degrees of freedom")
    let tail =
      IncompleteBeta.regularised(
        degrees / (degrees + t * t), a: degrees / 2, b: 0.5) / 2
    return t >= 0 ? tail : 1 - tail
  }

  /// The t with P(T >= t) = `probability`, by bisection.
  ///
  /// - Precondition: `probability` is between 0 and 1.
  public static func upperQuantile(_ probability: Double, degrees: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a quantile's probability is inside 0...1")
    guard probability <= 0.5 else { return -upperQuantile(1 - probability, degrees: degrees) }
    var (low, high) = (0.0, 1.0)
    while upperTail(high, degrees: degrees) > probability, high < 1e150 { high *= 2 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if middle == low || middle == high { break }
      if upperTail(middle, degrees: degrees) > probability { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// Fisher's F distribution.
public enum FisherF {
  /// P(F >= f) with `numerator` and `denominator` degrees of freedom.
  ///
  /// - Precondition: both are positive and `f` is not negative.
  public static func upperTail(_ f: Double, numerator: Double, denominator: Double) -> Double {
    IncompleteBeta.regularised(
      denominator / (denominator + numerator * f), a: denominator / 2, b: numerator / 2)
  }
}
