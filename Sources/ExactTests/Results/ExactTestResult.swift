import Diagnostics

/// What one exact test of one expert, or of one merge, said.
///
/// Under the assumption, and if the suspect does not depend on the owner's dice,
/// P(`pValue` <= u) <= u for every u: whatever base, data, recipe or router the suspect has.
public struct ExactTestResult: Sendable, Hashable {
  /// Which test.
  public let test: ExactTestKind
  /// What it takes for granted.
  public let assumption: ExactAssumption
  /// The test's statistic: a rank's T_0, a subset's or a mark's z, a combination's own.
  public let statistic: Double
  /// The p-value, at least ``floor`` and at most 1.
  public let pValue: Double
  /// The smallest p-value that the test could have given.
  public let floor: Double
  /// What would decide what this test left open, most helpful first.
  public let wouldDecide: [DecidingStep]

  /// Checks and keeps a result.
  ///
  /// - Throws: ``ExactTestError/valueOutOfRange(name:range:actual:)``.
  public init(
    test: ExactTestKind, assumption: ExactAssumption, statistic: Double, pValue: Double,
    floor: Double, wouldDecide: [DecidingStep] = []
  ) throws(ExactTestError) {
    guard statistic.isFinite else {
      throw .valueOutOfRange(name: "statistic", range: "a finite number", actual: "\(statistic)")
    }
    guard floor > 0, floor <= 1 else {
      throw .valueOutOfRange(name: "floor", range: "above 0 and at most 1", actual: "\(floor)")
    }
    // A sum of chances may end a few last bits below its own floor.
    guard pValue <= 1, pValue >= floor * (1 - Self.rounding) else {
      throw .valueOutOfRange(name: "p", range: "\(floor) (the floor) to 1", actual: "\(pValue)")
    }
    self.test = test
    self.assumption = assumption
    self.statistic = statistic
    self.pValue = max(pValue, floor)
    self.floor = floor
    self.wouldDecide = wouldDecide
  }

  /// What counts as rounding in a sum of chances.
  static let rounding = 1e-9

  /// Whether no outcome of this test could have been rarer.
  public var isAtFloor: Bool { pValue <= floor * (1 + Self.rounding) }
}

extension ExactTestResult: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case test, assumption, statistic, floor
    case pValue = "p"
    case wouldDecide = "would_decide"
  }

  /// Reads and checks a result; unknown keys are refused.
  ///
  /// - Throws: ``ExactTestError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      test: try container.decode(ExactTestKind.self, forKey: .test),
      assumption: try container.decode(ExactAssumption.self, forKey: .assumption),
      statistic: try container.decode(Double.self, forKey: .statistic),
      pValue: try container.decode(Double.self, forKey: .pValue),
      floor: try container.decode(Double.self, forKey: .floor),
      wouldDecide: try container.decode([DecidingStep].self, forKey: .wouldDecide))
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(test, forKey: .test)
    try container.encode(assumption, forKey: .assumption)
    try container.encode(statistic, forKey: .statistic)
    try container.encode(pValue, forKey: .pValue)
    try container.encode(floor, forKey: .floor)
    try container.encode(wouldDecide, forKey: .wouldDecide)
  }
}
