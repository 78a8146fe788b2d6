/// Decimal text that is the same under every locale.
public enum FixedDigits {
  /// The largest magnitude written in full; anything beyond is written as `1.23e+12`.
  private static let fullLimit = 1e12

  /// A number with a fixed number of digits after the point, rounded half away from zero.
  ///
  /// A number that rounds to zero has no sign. What is not finite is written in words.
  ///
  ///     FixedDigits.text(0.98249)  // "0.982"
  ///
  /// - Parameter digits: 0...6.
  public static func text(_ value: Double, digits: Int = 3) -> String {
    precondition((0...6).contains(digits), "between 0 and 6 digits")
    guard value.isFinite else { return value.isNaN ? "not a number" : "infinite" }
    guard abs(value) < fullLimit else { return exponential(value) }
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    // Below 2^63: 1e12 * 1e6.
    let units = Int64((abs(value) * scale).rounded(.toNearestOrAwayFromZero))
    let sign = value < 0 && units > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(units)" }
    let fraction = String(units % Int64(scale))
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(sign)\(units / Int64(scale)).\(zeros)\(fraction)"
  }

  /// A number with three digits, or more when three would put it on a threshold it is not on.
  ///
  /// With a threshold of 0.8, 0.7996 is written as `0.7996` and not as `0.800`, which would look
  /// as if it had reached the threshold.
  public static func text(_ value: Double, besides thresholds: [Double]) -> String {
    for digits in 3...6 {
      let written = text(value, digits: digits)
      let isMisleading = thresholds.contains {
        $0 != value && text($0, digits: digits) == written
      }
      if !isMisleading { return written }
    }
    return "\(value)"
  }

  private static func exponential(_ value: Double) -> String {
    var (mantissa, exponent) = (abs(value), 0)
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    return "\(value < 0 ? "-" : "")\(text(mantissa, digits: 2))e+\(exponent)"
  }
}
