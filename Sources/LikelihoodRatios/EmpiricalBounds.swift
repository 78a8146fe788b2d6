#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How far likelihood ratios may go on the data at hand.
///
/// Equation: EU(t) = 1 - P(LR > t | Hp) + t P(LR > t | Hd), one misleading ratio added on each side;
/// ratios are cut where EU is worse than that of saying nothing (LR = 1), and never reach beyond the number
/// of pairs + 1.
/// Source: Vergeer et al. (2016), ELUB; `lir`'s `elub` on its grid of 0.01.
public struct EmpiricalBounds: Sendable, Hashable, Codable {
  /// log10 of the smallest ratio.
  public let lower: Double
  /// log10 of the largest ratio.
  public let upper: Double

  /// The grid's step, in powers of ten.
  public static let step = 0.01
  /// Infinite ratios count as this power of ten.
  public static let extreme = 9.0

  /// The bounds of validated ratios.
  ///
  /// - Parameter ratios: log10 of likelihood ratios, not NaN.
  public init(_ ratios: LabelledRatios) {
    func cut(_ values: [Double]) -> [Double] {
      values.map { min(max($0, -Self.extreme), Self.extreme) }
    }
    let (reuse, innocent) = (cut(ratios.reuse), cut(ratios.innocent))
    let least = max(
      (reuse + innocent).min() ?? 0, -log10(Double(reuse.count + 1)))
    let most = min((reuse + innocent).max() ?? 0, log10(Double(innocent.count + 1)))
    let first = min(0, Int((least / Self.step).rounded(.down)))
    let last = max(0, Int((most / Self.step).rounded(.down)) + 1)
    let (hits, misses) = (reuse.map { pow(10, $0) }, innocent.map { pow(10, $0) })
    var (lower, upper) = (Double(first) * Self.step, Double(last) * Self.step)
    for index in first...last {
      let place = Double(index) * Self.step
      let threshold = pow(10, place)
      func utility(_ accepted: Double, _ wrongly: Double) -> Double {
        1 - accepted + threshold * wrongly
      }
      let neutral = utility(threshold < 1 ? 1 : 0, threshold < 1 ? 1 : 0)
      let own = utility(
        Double(hits.count { $0 > threshold }) / Double(hits.count + 1),
        Double(misses.count { $0 > threshold } + 1) / Double(misses.count + 1))
      guard neutral / own < 1 else { continue }
      if index <= 0 { lower = max(lower, place + Self.step) }
      if index >= 0 { upper = min(upper, place - Self.step) }
    }
    self.lower = min(lower, 0)
    self.upper = max(upper, 0)
  }

  /// Bounds that are given.
  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  /// These bounds, within the number of pairs + 1 exactly: the grid may end a step above.
  func capped(reuse: Int, innocent: Int) -> EmpiricalBounds {
    EmpiricalBounds(
      lower: max(lower, -log10(Double(reuse + 1))),
      upper: min(upper, log10(Double(innocent + 1))))
  }

  /// A ratio within the bounds.
  public func applied(to logRatio: Double) -> Double { min(max(logRatio, lower), upper) }
}
