import Diagnostics

/// One victim expert and the re-runs of its recipe, against all experts of a suspect.
///
/// Equation: T_k = max over suspect experts s of T(s, V_k | the other runs)
/// The maximum is the same function for every k, so no suspect expert has to be matched first, and the
/// victim's rank stays exact. The suspect expert at which T_0 is reached is named with the verdict; the
/// p-value is about the suspect as a whole and this victim expert.
public struct RerunComparison: Sendable, Hashable {
  /// Which models were ranked, by digest; whoever made the comparison states it.
  public struct Source: Sendable, Hashable, Codable {
    /// The manifest of the set of re-runs.
    public let manifest: Digest
    /// The victim expert's weights, where they are a model of their own.
    public let victim: Digest?
    /// The re-runs, in the order of the inner products.
    public let runs: [Digest]

    /// Digests.
    public init(manifest: Digest, victim: Digest?, runs: [Digest]) {
      self.manifest = manifest
      self.victim = victim
      self.runs = runs
    }
  }

  /// When to stop making re-runs, decided before the first one that is ranked.
  public struct SequentialPlan: Sendable, Hashable, Codable {
    /// h: how many re-runs must reach the victim before it stops.
    public let exceedancesToStop: Int
    /// K: how many re-runs it takes at most.
    public let maximumCount: Int

    private enum CodingKeys: String, CodingKey {
      case exceedancesToStop = "exceedances_to_stop"
      case maximumCount = "maximum_count"
    }

    /// A plan.
    public init(exceedancesToStop: Int, maximumCount: Int) {
      self.exceedancesToStop = exceedancesToStop
      self.maximumCount = maximumCount
    }
  }

  /// The victim expert.
  public let victimExpert: String
  /// The suspect's experts.
  public let suspectExperts: [String]
  /// Inner products with each suspect expert, in their order.
  public let grams: [RerunGram]
  /// What is compared.
  public let measure: RerunStatistics.Measure
  /// Whether every re-run saw exactly the victim's images.
  public let isGivenSubset: Bool
  /// The plan of a sequential test; `nil` for a number of re-runs that was fixed.
  public let plan: SequentialPlan?
  /// Which models were ranked.
  public let source: Source
  /// Weights that equal the victim's, if any; no test is run beside them.
  public let identical: ExpertEvidence.IdenticalWeights?
  /// Why the victim is not ranked, if it is not.
  public let refusals: [ExactRefusal]

  /// Checks and keeps a comparison.
  ///
  /// - Throws: ``ExactTestError/countMismatch(name:expected:actual:)`` unless there is one matrix a
  ///   suspect expert, all of the same runs.
  public init(
    victimExpert: String, suspectExperts: [String], grams: [RerunGram],
    source: Source, measure: RerunStatistics.Measure = .partialCosine,
    plan: SequentialPlan? = nil, isGivenSubset: Bool = false,
    identical: ExpertEvidence.IdenticalWeights? = nil, refusals: [ExactRefusal] = []
  ) throws(ExactTestError) {
    guard let first = grams.first, grams.count == suspectExperts.count else {
      throw .countMismatch(
        name: "inner products of suspect experts", expected: max(suspectExperts.count, 1),
        actual: grams.count)
    }
    for gram in grams where gram.rerunCount != first.rerunCount {
      throw .countMismatch(
        name: "re-runs of `\(victimExpert)`", expected: first.rerunCount, actual: gram.rerunCount)
    }
    guard source.runs.count == first.rerunCount else {
      throw .countMismatch(
        name: "digests of re-runs", expected: first.rerunCount, actual: source.runs.count)
    }
    self.source = source
    self.plan = plan
    self.victimExpert = victimExpert
    self.suspectExperts = suspectExperts
    self.grams = grams
    self.measure = measure
    self.isGivenSubset = isGivenSubset
    self.identical = identical
    self.refusals = refusals
  }

  /// K, the number of re-runs.
  public var rerunCount: Int { grams.first?.rerunCount ?? 0 }

  /// T_0...T_K of each suspect expert.
  ///
  /// - Throws: ``ExactTestError`` never for inner products that were checked.
  public func values() throws(ExactTestError) -> [[Double]] {
    var values: [[Double]] = []
    for gram in grams { values.append(try RerunStatistics.values(of: gram, by: measure)) }
    return values
  }

  /// The victim's rank.
  ///
  /// - Throws: as ``values()``.
  public func rank() throws(ExactTestError) -> RerunRank {
    try RerunRank(
      try RerunStatistics.largest(over: try values()),
      tieTolerance: RerunStatistics.tieTolerance, givenSubset: isGivenSubset)
  }

  /// The sequential test as far as re-runs were made; `nil` without a plan.
  ///
  /// - Throws: ``ExactTestError``.
  public func sequentialRank() throws(ExactTestError) -> SequentialRank? {
    guard let plan else { return nil }
    let ranked = try rank()
    var sequential = try SequentialRank(
      victim: ranked.victim, exceedancesToStop: plan.exceedancesToStop,
      maximumCount: plan.maximumCount, tieTolerance: RerunStatistics.tieTolerance,
      givenSubset: isGivenSubset)
    for value in ranked.reruns { try sequential.add(value) }
    return sequential
  }

  /// The test's result; `nil` for a sequential test that is not decided yet.
  ///
  /// - Throws: ``ExactTestError``.
  public func result() throws(ExactTestError) -> ExactTestResult? {
    guard plan != nil else { return try rank().result() }
    return try sequentialRank()?.result()
  }

  /// The suspect expert at which T_0 is reached.
  ///
  /// - Throws: as ``values()``.
  public func nearestExpert() throws(ExactTestError) -> String {
    let own = try values().map { $0.first ?? 0 }
    let place = own.indices.reduce(0) { own[$1] > own[$0] ? $1 : $0 }
    return suspectExperts[place]
  }

  /// What a verdict is formed from.
  ///
  /// - Throws: as ``values()``.
  public func evidence() throws(ExactTestError) -> ExpertEvidence {
    let isRanked = !refusals.contains(where: \.refusesReruns)
    var tests: [ExactTestResult] = []
    if isRanked, identical == nil, let result = try result() { tests.append(result) }
    return try ExpertEvidence(
      expert: try nearestExpert(), victim: victimExpert, tests: tests, identical: identical,
      refusals: refusals)
  }
}

extension RerunComparison: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case grams, source, measure, plan, identical, refusals
    case victimExpert = "victim_expert"
    case suspectExperts = "suspect_experts"
    case isGivenSubset = "given_subset"
  }

  /// Reads and checks a comparison.
  ///
  /// - Throws: ``ExactTestError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      victimExpert: try container.decode(String.self, forKey: .victimExpert),
      suspectExperts: try container.decode([String].self, forKey: .suspectExperts),
      grams: try container.decode([RerunGram].self, forKey: .grams),
      source: try container.decode(Source.self, forKey: .source),
      measure: try container.decode(RerunStatistics.Measure.self, forKey: .measure),
      plan: try container.decodeIfPresent(SequentialPlan.self, forKey: .plan),
      isGivenSubset: try container.decode(Bool.self, forKey: .isGivenSubset),
      identical: try container.decodeIfPresent(
        ExpertEvidence.IdenticalWeights.self, forKey: .identical),
      refusals: try container.decode([ExactRefusal].self, forKey: .refusals))
  }
}
