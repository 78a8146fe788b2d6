import Statistics

/// Many suspects compared with one victim's experts: which of all findings to believe.
///
/// Adjusted p-values are Benjamini's and Hochberg's over all experts of all suspects: among the
/// experts with an adjusted p up to q, the expected share of innocents is at most q.
public struct CollectionScreening: Codable, Sendable, Equatable {
  /// One expert of one suspect.
  public struct Entry: Codable, Sendable, Equatable {
    /// The suspect's label.
    public let suspect: String
    /// The suspect expert's name.
    public let suspectExpert: String
    /// The victim expert it was tested against.
    public let victimExpert: String
    /// The p-value that decides, not adjusted.
    public let pValue: Double
    /// Adjusted over the whole collection.
    public let adjustedP: Double
  }

  /// One entry per expert that could be tested, in the order given.
  public let entries: [Entry]
  /// How many experts could not be tested.
  public let untestedCount: Int

  /// Adjusts the p-values of several cases together.
  public init(_ suspects: [(label: String, result: CalibrationResult)]) {
    self.init(suspects.map { ($0.label, $0.result.decisions) })
  }

  /// Adjusts the p-values of several suspects' decisions together.
  public init(_ suspects: [(label: String, decisions: [ExpertDecision])]) {
    let all = suspects.flatMap { suspect in suspect.decisions.map { (suspect.label, $0) } }
    let tested = all.compactMap { label, decision in
      decision.pValue.map { (label: label, decision: decision, pValue: $0) }
    }
    let adjusted = BenjaminiHochberg.adjusted(tested.map(\.pValue))
    entries = zip(tested, adjusted).map { item, adjustedP in
      Entry(
        suspect: item.label, suspectExpert: item.decision.suspectExpert,
        victimExpert: item.decision.victimExpert, pValue: item.pValue, adjustedP: adjustedP)
    }
    untestedCount = all.count - tested.count
  }

  /// The entries whose adjusted p-value is at most `rate`.
  public func found(falseDiscoveryRate rate: Double) -> [Entry] {
    entries.filter { $0.adjustedP <= rate }
  }
}
