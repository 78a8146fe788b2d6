import Statistics

/// p-values of innocents, counted at some levels.
struct Accusations {
  private var pValues: [Double] = []

  mutating func add(_ pValue: Double) { pValues.append(pValue) }

  /// The levels at which more innocents are accused than chance allows, once in 1,000 such tests.
  func exceeded(_ levels: [Double]) -> [Double] {
    levels.filter { level in
      BinomialBound.upperTail(
        events: pValues.count { $0 <= level }, trials: pValues.count, rate: level)
        < 0.001 / Double(levels.count)
    }
  }
}
