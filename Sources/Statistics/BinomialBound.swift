/// What "x of n" says about a rate (Clopper and Pearson, 1934).
public enum BinomialBound {
  /// The largest rate under which x or fewer of n would still happen with chance 1 - `confidence`.
  ///
  /// Equation: the p at which P(X <= x | n, p) = 1 - confidence
  ///
  /// - Precondition: `events` is in `0...trials` and `confidence` inside 0...1.
  public static func upper(events: Int, trials: Int, confidence: Double) -> Double {
    precondition((0...max(trials, 0)).contains(events), "events are some of the trials")
    guard events < trials else { return 1 }
    return IncompleteBeta.quantile(
      confidence, a: Double(events + 1), b: Double(trials - events))
  }

  /// The smallest rate under which x or more of n would still happen with chance 1 - `confidence`.
  ///
  /// - Precondition: as for ``upper(events:trials:confidence:)``.
  public static func lower(events: Int, trials: Int, confidence: Double) -> Double {
    precondition((0...max(trials, 0)).contains(events), "events are some of the trials")
    guard events > 0 else { return 0 }
    return IncompleteBeta.quantile(
      1 - confidence, a: Double(events), b: Double(trials - events + 1))
  }

  /// P(X >= events) at a given rate.
  public static func upperTail(events: Int, trials: Int, rate: Double) -> Double {
    guard events > 0 else { return 1 }
    guard events <= trials else { return 0 }
    return IncompleteBeta.regularised(
      rate, a: Double(events), b: Double(trials - events + 1))
  }
}
