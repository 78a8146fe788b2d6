/// The choices of a calibration; they are part of the case.
public struct CalibrationOptions: Codable, Sendable, Hashable {
  /// Which p-value decides.
  public enum Statistic: String, Codable, Sendable, CaseIterable {
    /// The fitted tail: fine values, at the price of its assumptions. The default.
    case parametric
    /// The rank among the nulls of all tasks.
    case pooledConformal
    /// The rank among the nulls of the task: no assumption but exchangeability.
    case withinTask
  }

  /// Which p-value decides.
  public var statistic: Statistic
  /// A Holm-adjusted p-value up to this is unlike other people's work.
  public var consistentLevel: Double
  /// A p-value above this, not adjusted, is no evidence of reuse.
  public var noEvidenceLevel: Double
  /// A functional residual below this is never unlike other people's work, however rare it is among nulls.
  ///
  /// p-values speak of innocents who trained like the nulls. Two parties who share a recipe that no null
  /// has share a little more than the nulls know of: up to 0.39 was measured. A floor can only make
  /// accusations fewer.
  public var leastFunctionalResidual: Double
  /// The same where the nulls do not cover the victim (``NullCoverage``): innocents who trained three
  /// times as long as the nulls, towards the victim, reached 0.49, and the least of any kind of reuse
  /// that was tried was 0.65.
  public var leastUncoveredResidual: Double
  /// How layers count in a functional residual.
  public var weighting: LayerWeighting
  /// How score fingerprints are compared.
  public var routing: RoutingResidualOptions
  /// Pairs of a smaller plain cosine are not matched: they do not even share the task.
  public var assignmentFloor: Double
  /// Permutations of the test for probe signal.
  public var permutationCount: Int
  /// The seed of permutations.
  public var seed: UInt64

  /// Parametric, 1 % and 10 %.
  public static let standard = CalibrationOptions(unchecked: ())

  private init(unchecked: Void) {
    statistic = .parametric
    consistentLevel = 0.01
    noEvidenceLevel = 0.1
    leastFunctionalResidual = 0.4
    leastUncoveredResidual = 0.6
    weighting = .victimResidualEnergy
    routing = RoutingResidualOptions()
    assignmentFloor = 0.2
    permutationCount = 199
    seed = 1
  }

  /// Options by name.
  ///
  /// - Throws: ``CalibrationError/optionOutOfRange(name:range:actual:)``.
  public init(
    statistic: Statistic = .parametric, consistentLevel: Double = 0.01,
    noEvidenceLevel: Double = 0.1, leastFunctionalResidual: Double = 0.4,
    leastUncoveredResidual: Double = 0.6,
    weighting: LayerWeighting = .victimResidualEnergy,
    routing: RoutingResidualOptions = RoutingResidualOptions(), assignmentFloor: Double = 0.2,
    permutationCount: Int = 199, seed: UInt64 = 1
  ) throws(CalibrationError) {
    self.statistic = statistic
    self.consistentLevel = consistentLevel
    self.noEvidenceLevel = noEvidenceLevel
    self.leastFunctionalResidual = leastFunctionalResidual
    self.leastUncoveredResidual = leastUncoveredResidual
    self.weighting = weighting
    self.routing = routing
    self.assignmentFloor = assignmentFloor
    self.permutationCount = permutationCount
    self.seed = seed
    try validate()
  }

  /// Checks ranges.
  ///
  /// - Throws: ``CalibrationError/optionOutOfRange(name:range:actual:)``.
  func validate() throws(CalibrationError) {
    guard consistentLevel > 0, consistentLevel < 1 else {
      throw .optionOutOfRange(
        name: "consistentLevel", range: "a level inside 0...1", actual: "\(consistentLevel)")
    }
    guard noEvidenceLevel >= consistentLevel, noEvidenceLevel < 1 else {
      throw .optionOutOfRange(
        name: "noEvidenceLevel", range: "a level from \(consistentLevel) to below 1",
        actual: "\(noEvidenceLevel)")
    }
    guard leastFunctionalResidual >= -1, leastFunctionalResidual <= 1 else {
      throw .optionOutOfRange(
        name: "leastFunctionalResidual", range: "a cosine in -1...1",
        actual: "\(leastFunctionalResidual)")
    }
    guard (leastFunctionalResidual...1).contains(leastUncoveredResidual) else {
      throw .optionOutOfRange(
        name: "leastUncoveredResidual",
        range: "a cosine from leastFunctionalResidual (\(leastFunctionalResidual)) to 1",
        actual: "\(leastUncoveredResidual)")
    }
    guard assignmentFloor >= -1, assignmentFloor <= 1 else {
      throw .optionOutOfRange(
        name: "assignmentFloor", range: "a cosine in -1...1", actual: "\(assignmentFloor)")
    }
    guard (99...9999).contains(permutationCount) else {
      throw .optionOutOfRange(
        name: "permutationCount", range: "99 to 9999 permutations", actual: "\(permutationCount)")
    }
    guard seed < 1 << 53 else {
      throw .optionOutOfRange(
        name: "seed", range: "a seed below 2^53, which JSON keeps exactly", actual: "\(seed)")
    }
  }
}
