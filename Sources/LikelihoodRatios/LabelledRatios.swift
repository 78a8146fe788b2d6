#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// log10 of the likelihood ratios of validated pairs, and what they are worth.
public struct LabelledRatios: Sendable, Hashable {
  /// Those of pairs of reuse (Hp).
  public let reuse: [Double]
  /// Those of independent pairs (Hd).
  public let innocent: [Double]

  /// Keeps ratios.
  ///
  /// - Throws: ``LikelihoodRatioError`` for none of a kind, and for NaN; infinite ones are kept.
  public init(reuse: [Double], innocent: [Double]) throws(LikelihoodRatioError) {
    for (name, values) in [("reuse", reuse), ("innocent", innocent)] {
      guard !values.isEmpty else { throw .noScores(name: name) }
      if let index = values.firstIndex(where: \.isNaN) {
        throw .scoreOutOfRange(name: name, index: index, value: "nan")
      }
    }
    self.reuse = reuse
    self.innocent = innocent
  }

  init(unchecked ratios: (reuse: [Double], innocent: [Double])) {
    reuse = ratios.reuse
    innocent = ratios.innocent
  }

  /// The cost of the ratios: 0 for perfect ones, 1 for saying nothing.
  ///
  /// Equation: Cllr = (mean over Hp of log2(1 + 1/LR) + mean over Hd of log2(1 + LR)) / 2
  /// Source: Bruemmer and du Preez (2006).
  public var cost: Double {
    (mean(reuse.map { log2OnePlus(tenTo: -$0) }) + mean(innocent.map { log2OnePlus(tenTo: $0) }))
      / 2
  }

  /// The ratios after the best calibration that keeps their order.
  public var isotonic: LabelledRatios {
    func finite(_ values: [Double]) -> [Double] {
      values.map { min(max($0, -LabelledScores.magnitudeLimit), LabelledScores.magnitudeLimit) }
    }
    guard let scores = try? LabelledScores(reuse: finite(reuse), innocent: finite(innocent))
    else { return self }
    return LabelledRatios(unchecked: IsotonicRatios.logRatios(scores))
  }

  /// Cllr_min: what no calibration could avoid.
  public var leastCost: Double { isotonic.cost }

  /// The empirical cross-entropy at a prior, in bits.
  ///
  /// Equation: ECE = P(Hp) mean over Hp of -log2 P(Hp | LR) + P(Hd) mean over Hd of -log2 P(Hd | LR)
  /// Source: Ramos (2007).
  ///
  /// - Parameter priorLogOdds: log10 of P(Hp) / P(Hd).
  public func crossEntropy(priorLogOdds: Double) -> Double {
    let odds = pow(10, -abs(priorLogOdds))
    let (likely, unlikely) = (1 / (1 + odds), odds / (1 + odds))
    let prior = priorLogOdds >= 0 ? likely : unlikely
    let other = priorLogOdds >= 0 ? unlikely : likely
    return prior * mean(reuse.map { log2OnePlus(tenTo: -(priorLogOdds + $0)) })
      + other * mean(innocent.map { log2OnePlus(tenTo: priorLogOdds + $0) })
  }

  /// The cross-entropy of LR = 1, which any method must beat.
  public static func neutralCrossEntropy(priorLogOdds: Double) -> Double {
    LabelledRatios(unchecked: ([0], [0])).crossEntropy(priorLogOdds: priorLogOdds)
  }

  /// One point of a Tippett plot: which shares of both kinds have a ratio at least as large.
  public struct TippettPoint: Sendable, Hashable, Codable {
    /// log10 of the ratio.
    public let logRatio: Double
    /// The share of reuse pairs.
    public let reuse: Double
    /// The share of independent pairs.
    public let innocent: Double

    private enum CodingKeys: String, CodingKey {
      case reuse, innocent
      case logRatio = "log_lr"
    }
  }

  /// The Tippett plot: every step of both curves.
  public var tippettPoints: [TippettPoint] {
    Set(reuse + innocent).sorted().map { value in
      TippettPoint(
        logRatio: value, reuse: share(of: reuse) { $0 >= value },
        innocent: share(of: innocent) { $0 >= value })
    }
  }

  /// The share of reuse pairs whose ratio speaks against reuse.
  public var misleadingReuse: Double { share(of: reuse) { $0 < 0 } }
  /// The share of independent pairs whose ratio speaks for reuse.
  public var misleadingInnocent: Double { share(of: innocent) { $0 > 0 } }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  private func share(of values: [Double], where predicate: (Double) -> Bool) -> Double {
    Double(values.count(where: predicate)) / Double(values.count)
  }
}
