import Diagnostics

/// The victim's rank among re-runs of its own recipe.
///
/// Equation: p = (1 + #{k >= 1 : T_k >= T_0}) / (K + 1)
/// T_0 is what the suspect has in common with the victim, T_1...T_K the same of K re-runs.
/// Source: the conditional randomisation test (Candes, Fan, Janson and Lv, 2018) with the owner's
/// seed as what is randomised.
///
/// If the suspect does not depend on the victim's seed, T_0...T_K are exchangeable given the
/// suspect, so P(p <= u) <= u exactly. Ties count against the accuser: values within
/// ``tieTolerance`` of T_0 count as reaching it.
public struct RerunRank: Sendable, Hashable {
  /// T_0.
  public let victim: Double
  /// T_1...T_K.
  public let reruns: [Double]
  /// By how much less than T_0 a re-run may have and still count as a tie.
  public let tieTolerance: Double
  /// Whether re-runs used the victim's own secret subset.
  public let isGivenSubset: Bool

  /// Ranks the victim.
  ///
  /// - Parameters:
  ///   - values: `[K + 1]`, T_0 first.
  ///   - tieTolerance: At least 0.
  ///   - givenSubset: Whether every re-run saw exactly the victim's images.
  /// - Throws: ``ExactTestError``.
  public init(
    _ values: [Double], tieTolerance: Double = 0, givenSubset: Bool = false
  ) throws(ExactTestError) {
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(name: "statistic of runs", index: index, value: "\(values[index])")
    }
    guard let victim = values.first, values.count > 1 else { throw .noReruns }
    guard tieTolerance >= 0, tieTolerance.isFinite else {
      throw .valueOutOfRange(
        name: "tie_tolerance", range: "at least 0", actual: "\(tieTolerance)")
    }
    self.victim = victim
    reruns = Array(values.dropFirst())
    self.tieTolerance = tieTolerance
    isGivenSubset = givenSubset
  }

  /// 1 for a victim above all re-runs, K + 1 for one that none is below.
  public var rank: Int { 1 + reruns.count { $0 >= victim - tieTolerance } }
  /// 1 / (K + 1).
  public var floor: Double { 1 / Double(reruns.count + 1) }
  /// The p-value.
  public var pValue: Double { Double(rank) / Double(reruns.count + 1) }

  /// How many more re-runs a p-value needs to be able to reach `level`.
  ///
  /// - Precondition: `level` is above 0 and at most 1.
  public func rerunsToGo(for level: Double) -> Int {
    max(Self.rerunsNeeded(for: level) - reruns.count, 0)
  }

  /// The fewest re-runs with which a p-value can reach `level`: 19 for 5 %, 99 for 1 %.
  ///
  /// - Precondition: `level` is above 0 and at most 1.
  public static func rerunsNeeded(for level: Double) -> Int {
    precondition(level > 0 && level <= 1, "a level is above 0 and at most 1")
    let needed = (1 / level - 1e-9).rounded(.up) - 1
    return needed < 1e15 ? max(Int(needed), 0) : Int(1e15)
  }

  /// The result at a level.
  ///
  /// - Throws: ``ExactTestError`` never for a rank that was formed.
  public func result(level: Double = 0.01) throws(ExactTestError) -> ExactTestResult {
    let toGo = rerunsToGo(for: level)
    return try ExactTestResult(
      test: .reruns, assumption: isGivenSubset ? .freshSeedsGivenSubset : .freshSeeds,
      statistic: victim, pValue: pValue, floor: floor,
      wouldDecide: pValue > level && toGo > 0 ? [.moreReruns(toGo)] : [])
  }
}

extension RerunRank: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case statistics
    case tieTolerance = "tie_tolerance"
    case isGivenSubset = "given_subset"
  }

  /// Reads `{"statistics": [T_0, ...], "tie_tolerance": ..., "given_subset": ...}`.
  ///
  /// - Throws: ``ExactTestError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      try container.decode([Double].self, forKey: .statistics),
      tieTolerance: try container.decode(Double.self, forKey: .tieTolerance),
      givenSubset: try container.decode(Bool.self, forKey: .isGivenSubset))
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode([victim] + reruns, forKey: .statistics)
    try container.encode(tieTolerance, forKey: .tieTolerance)
    try container.encode(isGivenSubset, forKey: .isGivenSubset)
  }
}
