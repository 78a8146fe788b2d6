/// What exact tests say about one suspect expert.
public struct ExactVerdict: Sendable, Hashable, Codable {
  /// The kinds of words.
  public enum Conclusion: String, Codable, Sendable, Hashable, CaseIterable {
    /// Weights are equal, or equal up to a factor.
    case identical = "identical"
    /// The adjusted p-value reaches the level.
    case consistentWithReuse = "consistent with reuse"
    /// It does not, but nearly, or the test could not have reached it.
    case leaningToReuse = "inconclusive, leaning to reuse"
    /// Nothing can be said.
    case inconclusive
    /// The tests found nothing.
    case noEvidenceOfReuse = "no evidence of reuse"
    /// Screening only: routing is alike.
    case matchesRouting = "matches the routing (screening)"
    /// Screening only: unlike null experts.
    case unlikeOthers = "unlike other people's work (screening)"
    /// No test applies.
    case notApplicable = "not applicable"
  }

  /// Why a verdict leans, or says nothing.
  public enum Reason: String, Codable, Sendable, Hashable, CaseIterable {
    /// The adjusted p-value lies between the level and the leaning level.
    case betweenLevels = "between-levels"
    /// The p-value is the smallest that the test could give.
    case atFloor = "at-floor"
    /// So few re-runs that even the smallest p-value says little.
    case tooFewReruns = "too-few-re-runs"
    /// Reuse would hardly have been noticed.
    case couldNotTell = "could-not-tell"
    /// No test was given, and no reason why.
    case nothingTested = "nothing-tested"

    /// The reason in one sentence, without a full stop.
    public var explanation: String {
      switch self {
      case .betweenLevels: "p lies between 1 % and 5 %"
      case .atFloor: "p is the smallest that this test could give, and that is above 1 %"
      case .tooFewReruns: "with so few re-runs even the smallest p says little"
      case .couldNotTell: "reuse would hardly have been noticed here"
      case .nothingTested: "no test was run"
      }
    }
  }

  /// The suspect expert's name.
  public let expert: String
  /// The victim expert that it was compared with, if one.
  public let victim: String?
  /// The kind of words.
  public let conclusion: Conclusion
  /// Why, where words alone do not say it.
  public let reason: Reason?
  /// All exact tests of the expert as one, if there were some.
  public let result: ExactTestResult?
  /// Its p-value adjusted over the experts (Holm).
  public let adjustedPValue: Double?
  /// Equal weights, if any.
  public let identical: ExpertEvidence.IdenticalWeights?
  /// Why tests were not run.
  public let refusals: [ExactRefusal]
  /// What would decide it, most helpful first.
  public let wouldDecide: [DecidingStep]

  private enum CodingKeys: String, CodingKey {
    case expert, victim, conclusion, reason, result, identical, refusals
    case adjustedPValue = "adjusted_p"
    case wouldDecide = "would_decide"
  }

  /// The verdict in words, such as `consistent with reuse of scene15`.
  public var words: String {
    let subject = victim.map { " of \($0)" } ?? ""
    switch conclusion {
    case .identical:
      guard let identical else { return "identical" }
      return identical.multiple == 1
        ? "identical to \(identical.source)"
        : "identical to \(identical.source) times \(identical.multiple)"
    case .consistentWithReuse: return "consistent with reuse\(subject)"
    case .matchesRouting: return "matches the routing\(subject) (screening)"
    case .leaningToReuse, .inconclusive, .noEvidenceOfReuse, .unlikeOthers, .notApplicable:
      return conclusion.rawValue
    }
  }

  /// Why, one sentence each, without full stops.
  public var explanations: [String] {
    (reason.map { [$0.explanation] } ?? []) + refusals.map(\.explanation)
  }
}
