import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Averages the signal of each site over the items of each task.
///
/// Numerics: sums are pairs of Doubles, as in ``FingerprintAccumulator``, so shards add up to the whole.
public struct SiteAccumulator: Sendable {
  /// The fingerprint to be, without numbers.
  public private(set) var frame: SiteFingerprint
  private var counts: [[Int]]  // [2, N]
  private var sums: [[[[CompensatedSum]]]]  // [2, sites, N] of [E], or empty

  /// Starts with no item.
  ///
  /// - Parameter frame: tasks, sites and origin; its numbers and counts are not used.
  public init(_ frame: SiteFingerprint) {
    self.frame = frame
    counts = [[Int]](repeating: [Int](repeating: 0, count: frame.tasks.count), count: 2)
    let empty = [[[CompensatedSum]]](
      repeating: [[CompensatedSum]](repeating: [], count: frame.tasks.count),
      count: frame.sites.count)
    sums = [empty, empty]
  }

  /// Counts an item of a task, once for all sites.
  ///
  /// - Parameter row: the suite's row, by which items are put into halves.
  public mutating func count(task: Int, row: Int) { counts[row & 1][task] += 1 }

  /// Adds an item's mean signal `[E]` at one site.
  public mutating func add(_ values: some Collection<Double>, site: Int, task: Int, row: Int) {
    if sums[row & 1][site][task].isEmpty {
      sums[row & 1][site][task] = values.map { _ in CompensatedSum() }
    }
    for (expert, value) in values.enumerated() { sums[row & 1][site][task][expert].add(value) }
  }

  /// Adds another shard's sums.
  ///
  /// - Throws: ``FingerprintError/shardMismatch(field:expected:actual:)``.
  public mutating func merge(_ other: SiteAccumulator) throws(FingerprintError) {
    var (own, theirs) = (frame, other.frame)
    own.tool = ""
    theirs.tool = ""
    guard own == theirs else {
      throw .shardMismatch(
        field: "sites, tasks, signal or digests", expected: "those of the first", actual: "others")
    }
    for half in 0..<2 {
      for task in frame.tasks.indices { counts[half][task] += other.counts[half][task] }
      for site in frame.sites.indices {
        for task in frame.tasks.indices {
          sums[half][site][task] = Self.added(
            sums[half][site][task], other.sums[half][site][task])
        }
      }
    }
  }

  private static func added(
    _ own: [CompensatedSum], _ other: [CompensatedSum]
  ) -> [CompensatedSum] {
    if own.isEmpty || other.isEmpty { return own + other }
    return zip(own, other).map { own, other in
      var sum = own
      sum.add(other)
      return sum
    }
  }

  /// The fingerprint of all items added so far.
  ///
  /// - Throws: ``FingerprintError/emptyTask(task:count:)`` and what validation throws.
  public func fingerprint() throws(FingerprintError) -> SiteFingerprint {
    let totals = frame.tasks.indices.map { counts[0][$0] + counts[1][$0] }
    for (task, count) in zip(frame.tasks, totals) where count < 1 {
      throw .emptyTask(task: task, count: count)
    }
    let hasHalves = counts.allSatisfy { $0.allSatisfy { $0 > 0 } }
    var result = frame
    result.counts = totals
    for site in frame.sites.indices {
      result.sites[site].means = frame.tasks.indices.map { task in
        Self.added(sums[0][site][task], sums[1][site][task]).map {
          $0.value / Double(totals[task])
        }
      }
      guard hasHalves else { continue }
      result.sites[site].halves = (0..<2).map { half in
        frame.tasks.indices.map { task in
          sums[half][site][task].map { $0.value / Double(counts[half][task]) }
        }
      }
    }
    try result.validate()
    return result
  }

  /// A row of a signal as logits whose mean over experts is free, or as it is.
  ///
  /// Equation: log p for probabilities, log(p / (1 - p)) for sigmoids
  ///
  /// - Returns: `nil` where a number is none of the signal.
  public static func logits(_ row: some Collection<Float>, signal: SiteSignal) -> [Double]? {
    var result: [Double] = []
    result.reserveCapacity(row.count)
    for value in row {
      let number = Double(value)
      switch signal {
      case .logits: result.append(number)
      case .weights, .selections:
        guard number >= 0 else { return nil }
        result.append(number)
      case .probabilities:
        // One rounding of a Float above 1 is a sum's rounding, not another kind of signal.
        guard number > 0, number <= 1 + 4 * Double(Float.ulpOfOne) else { return nil }
        result.append(log(number))
      case .sigmoid:
        guard number > 0, number < 1 else { return nil }
        result.append(log(number) - log1p(-number))
      }
    }
    return result
  }
}
