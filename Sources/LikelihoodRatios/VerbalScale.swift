#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The words of the European Network of Forensic Science Institutes for likelihood ratios.
///
/// Source: ENFSI guideline for evaluative reporting in forensic science (2015). An edge belongs to
/// the lower band; below 1 the reciprocal is read for the other hypothesis. Tables in use disagree
/// by a factor of ten, so reports print ``table``.
public enum VerbalScale: String, Codable, Sendable, Hashable, CaseIterable {
  /// 1.
  case none = "no support"
  /// Above 1, up to 10.
  case weak = "weak support"
  /// Above 10, up to 100.
  case moderate = "moderate support"
  /// Above 100, up to 1,000.
  case moderatelyStrong = "moderately strong support"
  /// Above 1,000, up to 10,000.
  case strong = "strong support"
  /// Above 10,000, up to 1,000,000.
  case veryStrong = "very strong support"
  /// Above 1,000,000.
  case extremelyStrong = "extremely strong support"

  /// The largest power of ten of each band, but the last.
  private static let edges: [(band: VerbalScale, edge: Double)] = [
    (.none, 0), (.weak, 1), (.moderate, 2), (.moderatelyStrong, 3), (.strong, 4), (.veryStrong, 6),
  ]

  /// The band of a ratio or of its reciprocal.
  ///
  /// - Parameter logRatio: log10 of the likelihood ratio.
  public init(logRatio: Double) {
    // A logarithm of exactly 10 may end a last bit above 1.
    let size = abs(logRatio) - 1e-12
    self = Self.edges.first { size <= $0.edge }?.band ?? .extremelyStrong
  }

  /// The table, a line a band.
  public static var table: [String] {
    [
      "1: no support", "above 1 to 10: weak support", "above 10 to 100: moderate support",
      "above 100 to 1,000: moderately strong support", "above 1,000 to 10,000: strong support",
      "above 10,000 to 1,000,000: very strong support",
      "above 1,000,000: extremely strong support",
    ]
  }

  /// What a ratio says, in one sentence about the findings and never about a hypothesis.
  ///
  /// - Parameter logRatio: log10 of the likelihood ratio, bounded.
  public static func sentence(logRatio: Double) -> String {
    let band = VerbalScale(logRatio: logRatio)
    guard band != .none else {
      return "The findings are about as probable if the suspect expert was made from the victim's "
        + "as if it was made independently (no support for either)."
    }
    let (first, second) =
      logRatio > 0
      ? ("was made from the victim's", "was made independently")
      : ("was made independently", "was made from the victim's")
    return "The findings are about \(rounded(pow(10, abs(logRatio)))) times more probable if the "
      + "suspect expert \(first) than if it \(second) (\(band.rawValue))."
  }

  /// Two significant digits: a ratio is not known better.
  private static func rounded(_ ratio: Double) -> String {
    guard ratio < 1e15 else { return "more than 1e15" }
    let unit = pow(10, (log10(ratio) + 1e-12).rounded(.down) - 1)
    let value = (ratio / unit).rounded() * unit
    return value >= 10 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
  }
}
