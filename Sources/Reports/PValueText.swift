/// Small probabilities as text.
public enum PValueText {
  /// Two significant digits, as a power of ten below one in a thousand: `0.31`, `0.0042`, `1.3e-07`.
  ///
  /// A tail that is smaller than any innocents could show is not written in full: below 1e-12 it is
  /// `< 1e-12`.
  public static func of(_ probability: Double) -> String {
    guard probability.isFinite else { return FixedDigits.text(probability) }
    if probability < 1e-12 { return "< 1e-12" }
    if probability >= 0.1 { return FixedDigits.text(probability, digits: 2) }
    if probability >= 0.01 { return FixedDigits.text(probability, digits: 3) }
    if probability >= 0.001 { return FixedDigits.text(probability, digits: 4) }
    var (mantissa, exponent) = (probability, 0)
    while mantissa < 1 {
      mantissa *= 10
      exponent += 1
    }
    let digits = FixedDigits.text(mantissa, digits: 1)
    return digits == "10.0"
      ? "1.0e-\(twoDigits(exponent - 1))" : "\(digits)e-\(twoDigits(exponent))"
  }

  /// The same as an upper bound: `of at most 3.3e-08`, `below 1e-12`.
  static func bound(_ probability: Double) -> String {
    probability < 1e-12 ? "below 1e-12" : "of at most \(of(probability))"
  }

  private static func twoDigits(_ exponent: Int) -> String {
    exponent < 10 ? "0\(exponent)" : "\(exponent)"
  }
}
