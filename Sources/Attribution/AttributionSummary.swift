import Documents

/// What a case says about the two models as wholes.
public struct AttributionSummary: Sendable, Equatable {
  /// The suspect experts that match the routing of one victim expert.
  public struct VictimMatch: Sendable, Equatable, Codable {
    /// The victim expert's index.
    public let victimIndex: Int
    /// The victim expert's name.
    public let victimExpert: String
    /// Indices of the suspect experts, ascending; empty when none is.
    public let suspectIndices: [Int]
    /// Their names.
    public let suspectExperts: [String]

    /// Whether two or more suspect experts match the routing of this victim expert.
    public var isCloned: Bool { suspectIndices.count > 1 }
  }

  /// The number of suspect experts.
  public let suspectExpertCount: Int
  /// How many of them match the routing of a victim expert.
  public let matchingCount: Int
  /// For how many there is no evidence of reuse.
  public let noEvidenceCount: Int
  /// How many are inconclusive.
  public let inconclusiveCount: Int
  /// One entry per victim expert, in the victim's order.
  public let matches: [VictimMatch]
  /// Names of the victim experts whose routing no suspect expert matches.
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
      case .matchesRouting:
        consistent += 1
        matched[attribution.topOneIndex].append(attribution)
      case .noEvidenceOfReuse: noEvidence += 1
      case .inconclusive: inconclusive += 1
      }
    }
    suspectExpertCount = attributions.count
    matchingCount = consistent
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
    return "\(matchingCount) of \(suspectExpertCount) suspect experts match the routing of "
      + "\(matchedCount) of \(matches.count) victim experts"
  }

  /// One note per victim expert that several suspect experts match.
  public var cloneNotes: [String] {
    matches.filter(\.isCloned).map { match in
      "suspect experts \(match.suspectExperts.joined(separator: ", ")) all match the routing of "
        + match.victimExpert
    }
  }
}

extension AttributionSummary: Codable {
  private enum CodingKeys: String, CodingKey {
    case suspectExpertCount, matchingCount, noEvidenceCount, inconclusiveCount, matches
    case unmatchedVictimExperts
    /// What version 1 calls `matchingCount`.
    case consistentCount
  }

  /// Reads a summary of either version.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    suspectExpertCount = try container.decode(Int.self, forKey: .suspectExpertCount)
    matchingCount =
      try container.decodeIfPresent(Int.self, forKey: .consistentCount)
      ?? container.decode(Int.self, forKey: .matchingCount)
    noEvidenceCount = try container.decode(Int.self, forKey: .noEvidenceCount)
    inconclusiveCount = try container.decode(Int.self, forKey: .inconclusiveCount)
    matches = try container.decode([VictimMatch].self, forKey: .matches)
    unmatchedVictimExperts = try container.decode([String].self, forKey: .unmatchedVictimExperts)
  }

  /// Writes a summary.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(suspectExpertCount, forKey: .suspectExpertCount)
    try container.encode(
      matchingCount,
      forKey: EvidenceVersion(encoder) == .one ? .consistentCount : .matchingCount)
    try container.encode(noEvidenceCount, forKey: .noEvidenceCount)
    try container.encode(inconclusiveCount, forKey: .inconclusiveCount)
    try container.encode(matches, forKey: .matches)
    try container.encode(unmatchedVictimExperts, forKey: .unmatchedVictimExperts)
  }
}
