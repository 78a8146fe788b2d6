import Diagnostics

/// All that is known about one suspect expert, or about a suspect as a whole.
public struct ExpertEvidence: Sendable, Hashable {
  /// Weights that are the same as another's, or an exact multiple: evidence without a test.
  public struct IdenticalWeights: Sendable, Hashable, Codable {
    /// Whose weights.
    public let source: String
    /// How many weights are equal, or equal up to the multiple.
    public let equalCount: Int
    /// The multiple; 1 for equal bytes.
    public let multiple: Double

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case source, multiple
      case equalCount = "equal"
    }

    /// Reads and checks what was found.
    ///
    /// - Throws: ``ExactTestError`` as the other initialiser, and `DecodingError`.
    public init(from decoder: any Decoder) throws {
      try decoder.refuseKeys(beside: CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      try self.init(
        source: try container.decode(String.self, forKey: .source),
        equalCount: try container.decode(Int.self, forKey: .equalCount),
        multiple: try container.decode(Double.self, forKey: .multiple))
    }

    /// Keeps what was found.
    ///
    /// - Throws: ``ExactTestError/valueOutOfRange(name:range:actual:)``.
    public init(source: String, equalCount: Int, multiple: Double = 1) throws(ExactTestError) {
      guard equalCount >= 1 else {
        throw .valueOutOfRange(name: "equal", range: "at least 1", actual: "\(equalCount)")
      }
      guard multiple.isFinite, multiple != 0 else {
        throw .valueOutOfRange(
          name: "multiple", range: "a finite number other than 0", actual: "\(multiple)")
      }
      self.source = source
      self.equalCount = equalCount
      self.multiple = multiple
    }
  }

  /// What null experts and routers say.
  ///
  /// No verdict rests on it where an exact test was possible.
  public enum Screening: String, Codable, Sendable, Hashable, CaseIterable {
    /// The suspect's routing is like one victim expert's.
    case matchesRouting = "matches-routing"
    /// The suspect is unlike the work of all null experts.
    case unlikeOthers = "unlike-others"
    /// Neither, and reuse would have been noticed.
    case nothingFound = "nothing-found"
    /// Neither, and reuse would hardly have been noticed.
    case couldNotTell = "could-not-tell"
  }

  /// The suspect expert's name.
  public let expert: String
  /// The victim expert that it was compared with, if one.
  public let victim: String?
  /// Exact tests, in the order in which they were planned.
  public let tests: [ExactTestResult]
  /// Equal weights, if any.
  public let identical: IdenticalWeights?
  /// What screening says, if it was done.
  public let screening: Screening?
  /// Why tests were not run.
  public let refusals: [ExactRefusal]

  /// Checks and keeps evidence.
  ///
  /// - Throws: ``ExactTestError/notExact(test:expert:)`` for a test that rests on null experts,
  ///   ``ExactTestError/refusedTest(test:expert:refusal:)`` for re-runs that a refusal rules out.
  public init(
    expert: String, victim: String?, tests: [ExactTestResult],
    identical: IdenticalWeights? = nil, screening: Screening? = nil,
    refusals: [ExactRefusal] = []
  ) throws(ExactTestError) {
    if let screened = tests.first(where: { !$0.assumption.isAboutOwnersRandomness }) {
      throw .notExact(test: screened.test, expert: expert)
    }
    if let refusal = refusals.first(where: \.refusesReruns),
      let reruns = tests.first(where: { $0.test.isOfReruns || $0.test == .combinedReruns })
    {
      throw .refusedTest(test: reruns.test, expert: expert, refusal: refusal)
    }
    self.expert = expert
    self.victim = victim
    self.tests = tests
    self.identical = identical
    self.screening = screening
    self.refusals = refusals
  }

  /// All tests as one: by Fisher's method where it holds, else the smallest paid for by their number.
  ///
  /// - Returns: `nil` without tests.
  /// - Throws: ``ExactTestError`` never for tests that were checked.
  public func combined() throws(ExactTestError) -> ExactTestResult? {
    guard !tests.isEmpty else { return nil }
    return FisherCombination.isCombinable(tests)
      ? try FisherCombination.combining(tests) : try SmallestOfSeveral.combining(tests)
  }
}

extension ExpertEvidence: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case expert, victim, tests, identical, screening, refusals
  }

  /// Reads and checks evidence.
  ///
  /// - Throws: ``ExactTestError``, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      expert: try container.decode(String.self, forKey: .expert),
      victim: try container.decodeIfPresent(String.self, forKey: .victim),
      tests: try container.decode([ExactTestResult].self, forKey: .tests),
      identical: try container.decodeIfPresent(IdenticalWeights.self, forKey: .identical),
      screening: try container.decodeIfPresent(Screening.self, forKey: .screening),
      refusals: try container.decode([ExactRefusal].self, forKey: .refusals))
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(expert, forKey: .expert)
    try container.encodeIfPresent(victim, forKey: .victim)
    try container.encode(tests, forKey: .tests)
    try container.encodeIfPresent(identical, forKey: .identical)
    try container.encodeIfPresent(screening, forKey: .screening)
    try container.encode(refusals, forKey: .refusals)
  }
}
