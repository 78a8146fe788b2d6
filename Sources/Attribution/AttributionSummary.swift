/// What a case says about the two models as wholes.
public struct AttributionSummary: Sendable, Equatable, Codable {
  /// The suspect experts that are consistent with reuse of one victim expert.
  public struct VictimMatch: Sendable, Equatable, Codable {
    /// The victim expert's index.
    public let victimIndex: Int
    /// The victim expert's name.
    public let victimExpert: String
    /// Indices of the suspect experts, ascending; empty when none is.
    public let suspectIndices: [Int]
    /// Their names.
    public let suspectExperts: [String]

    /// Whether two or more suspect experts are consistent with reuse of this victim expert.
    public var isCloned: Bool { suspectIndices.count > 1 }
  }

  /// The number of suspect experts.
  public let suspectExpertCount: Int
  /// How many of them are consistent with reuse.
  public let consistentCount: Int
  /// For how many there is no evidence of reuse.
  public let noEvidenceCount: Int
  /// How many are inconclusive.
  public let inconclusiveCount: Int
  /// One entry per victim expert, in the victim's order.
  public let matches: [VictimMatch]
  /// Names of the victim experts that no suspect expert is consistent with.
  public let unmatchedVictimExperts: [String]

  /// Counts the verdicts of a case.
  ///
  /// - Parameters:
  ///   - attributions: One per suspect expert.
  ///   - victimExperts: Names of the victim's experts.
  public init(_ attributions: [ExpertAttribution], victimExperts: [String]) {
    var (consistent, noEvidence, inconclusive) = (0, 0, 0)
    var matched = [[ExpertAttribution]](repeating: [], count: victimExperts.count)
    for attribution in attributions {
      switch attribution.verdict {
      case .consistentWithReuse:
        consistent += 1
        matched[attribution.topOneIndex].append(attribution)
      case .noEvidenceOfReuse: noEvidence += 1
      case .inconclusive: inconclusive += 1
      }
    }
    suspectExpertCount = attributions.count
    consistentCount = consistent
    noEvidenceCount = noEvidence
    inconclusiveCount = inconclusive
    matches = victimExperts.indices.map { index in
      VictimMatch(
        victimIndex: index, victimExpert: victimExperts[index],
        suspectIndices: matched[index].map(\.suspectIndex),
        suspectExperts: matched[index].map(\.suspectExpert))
    }
    unmatchedVictimExperts = matches.filter(\.suspectIndices.isEmpty).map(\.victimExpert)
  }

  /// The summary in one sentence, without a full stop.
  public var statement: String {
    let matchedCount = matches.count - unmatchedVictimExperts.count
    return "\(consistentCount) of \(suspectExpertCount) suspect experts are consistent with reuse "
      + "of \(matchedCount) of \(matches.count) victim experts"
  }

  /// One note per victim expert that several suspect experts are consistent with.
  public var cloneNotes: [String] {
    matches.filter(\.isCloned).map { match in
      "suspect experts \(match.suspectExperts.joined(separator: ", ")) are all consistent with "
        + "reuse of \(match.victimExpert)"
    }
  }
}
