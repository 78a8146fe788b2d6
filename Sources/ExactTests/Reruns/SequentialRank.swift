import Diagnostics

/// The victim's rank among as many re-runs as it takes.
///
/// Equation: p = h / l when the h-th re-run with T_k >= T_0 is the l-th re-run;
/// p = (1 + g) / (K + 1) when K re-runs have only g < h such.
/// Source: Besag and Clifford (1991), sequential Monte Carlo p-values.
///
/// h and K are chosen before the first re-run. P(p <= u) <= u exactly, so an innocent is cleared
/// after a handful of re-runs and only a real suspicion costs all K. A re-run's statistic must not
/// change when later re-runs arrive: project out a fixed set of runs that is not ranked
/// (`RerunGram.fixedCount`), or nothing.
public struct SequentialRank: Sendable, Hashable {
  /// T_0.
  public let victim: Double
  /// h: how many re-runs must reach T_0 before it stops.
  public let exceedancesToStop: Int
  /// K: how many re-runs it takes at most.
  public let maximumCount: Int
  /// By how much less than T_0 a re-run may have and still count as reaching it.
  public let tieTolerance: Double
  /// Whether every re-run sees exactly the victim's images.
  public let isGivenSubset: Bool
  /// T_1...T_l so far.
  public private(set) var reruns: [Double] = []
  /// How many of them reached T_0.
  public private(set) var exceedances = 0

  /// Starts before the first re-run.
  ///
  /// - Throws: ``ExactTestError`` when a number is out of range.
  public init(
    victim: Double, exceedancesToStop: Int, maximumCount: Int, tieTolerance: Double = 0,
    givenSubset: Bool = false
  ) throws(ExactTestError) {
    guard victim.isFinite else {
      throw .notFinite(name: "statistic of runs", index: 0, value: "\(victim)")
    }
    guard maximumCount >= 1 else { throw .noReruns }
    guard (1...maximumCount).contains(exceedancesToStop) else {
      throw .valueOutOfRange(
        name: "exceedances_to_stop", range: "1 to \(maximumCount)", actual: "\(exceedancesToStop)")
    }
    guard tieTolerance >= 0, tieTolerance.isFinite else {
      throw .valueOutOfRange(
        name: "tie_tolerance", range: "at least 0", actual: "\(tieTolerance)")
    }
    self.victim = victim
    self.exceedancesToStop = exceedancesToStop
    self.maximumCount = maximumCount
    self.tieTolerance = tieTolerance
    isGivenSubset = givenSubset
  }

  /// Whether another re-run is wanted.
  public var isDecided: Bool {
    exceedances >= exceedancesToStop || reruns.count >= maximumCount
  }

  /// Adds the next re-run's statistic.
  ///
  /// - Throws: ``ExactTestError``; a re-run after the decision is refused, since looking on would
  ///   change the test.
  public mutating func add(_ value: Double) throws(ExactTestError) {
    guard value.isFinite else {
      throw .notFinite(name: "statistic of runs", index: reruns.count + 1, value: "\(value)")
    }
    guard !isDecided else {
      throw .countMismatch(
        name: "re-runs before the decision", expected: reruns.count, actual: reruns.count + 1)
    }
    reruns.append(value)
    if value >= victim - tieTolerance { exceedances += 1 }
  }

  /// The p-value; `nil` before the decision.
  public var pValue: Double? {
    if exceedances >= exceedancesToStop {
      return Double(exceedancesToStop) / Double(reruns.count)
    }
    return reruns.count >= maximumCount
      ? Double(1 + exceedances) / Double(maximumCount + 1) : nil
  }

  /// The result; `nil` before the decision.
  ///
  /// - Throws: ``ExactTestError`` never for a decided rank.
  public func result(level: Double = 0.01) throws(ExactTestError) -> ExactTestResult? {
    guard let pValue else { return nil }
    let floor = 1 / Double(maximumCount + 1)
    let toGo = RerunRank.rerunsNeeded(for: level) - maximumCount
    let isOpen = pValue <= floor * (1 + ExactTestResult.rounding) && toGo > 0
    return try ExactTestResult(
      test: .sequentialReruns,
      assumption: isGivenSubset ? .freshSeedsGivenSubset : .freshSeeds, statistic: victim,
      pValue: pValue, floor: floor, wouldDecide: isOpen ? [.moreReruns(toGo)] : [])
  }
}

extension SequentialRank: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case statistics
    case exceedancesToStop = "exceedances_to_stop"
    case maximumCount = "maximum_count"
    case tieTolerance = "tie_tolerance"
    case isGivenSubset = "given_subset"
  }

  /// Reads what was seen so far, T_0 first, and counts again.
  ///
  /// - Throws: ``ExactTestError``, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let values = try container.decode([Double].self, forKey: .statistics)
    guard let victim = values.first else {
      throw ExactTestError.countMismatch(name: "statistics", expected: 1, actual: 0)
    }
    try self.init(
      victim: victim,
      exceedancesToStop: try container.decode(Int.self, forKey: .exceedancesToStop),
      maximumCount: try container.decode(Int.self, forKey: .maximumCount),
      tieTolerance: try container.decode(Double.self, forKey: .tieTolerance),
      givenSubset: try container.decode(Bool.self, forKey: .isGivenSubset))
    for value in values.dropFirst() { try add(value) }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode([victim] + reruns, forKey: .statistics)
    try container.encode(exceedancesToStop, forKey: .exceedancesToStop)
    try container.encode(maximumCount, forKey: .maximumCount)
    try container.encode(tieTolerance, forKey: .tieTolerance)
    try container.encode(isGivenSubset, forKey: .isGivenSubset)
  }
}
