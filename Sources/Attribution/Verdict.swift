import Documents

/// What the similarities of one suspect expert say, under given thresholds.
public enum Verdict: Sendable, Hashable, CustomStringConvertible {
  /// Top-1 similarity and attribution margin both reach the thresholds.
  ///
  /// Independent work on the same task does so, too: only nulls can tell more.
  case matchesRouting(of: String)
  /// Top-1 similarity or attribution margin stays below the lower thresholds.
  case noEvidenceOfReuse
  /// Neither can be said.
  case inconclusive(InconclusiveReason)

  /// The verdict in words, such as `matches the routing of scene15`.
  public var description: String {
    switch self {
    case .matchesRouting(let expert): "matches the routing of \(expert)"
    case .noEvidenceOfReuse: "no evidence of reuse"
    case .inconclusive: "inconclusive"
    }
  }
}

/// Why a verdict is inconclusive.
public enum InconclusiveReason: String, Codable, Sendable, Hashable, CaseIterable {
  /// Similarity or margin lies between the two pairs of thresholds.
  case betweenThresholds = "between-thresholds"
  /// The suspect's gate scores this expert as its average expert: there is nothing to compare.
  case suspectCarriesNoSignal = "suspect-carries-no-signal"
  /// The victim's gate scores the top-1 expert as its average expert.
  case victimCarriesNoSignal = "victim-carries-no-signal"
  /// The gates of one of the models were never trained, so routing says nothing about experts.
  case routerUntrained = "router-untrained"
  /// The victim has one expert, so there is no runner-up and no margin.
  case singleVictimExpert = "single-victim-expert"

  /// The reason in one sentence, without a full stop.
  public var explanation: String {
    switch self {
    case .betweenThresholds: "similarity or margin lies between the thresholds"
    case .suspectCarriesNoSignal:
      "the suspect's gate does not tell this expert from the average of its experts"
    case .victimCarriesNoSignal:
      "the victim's gate does not tell the top-1 expert from the average of its experts"
    case .routerUntrained:
      "router untrained: gates that were never trained say nothing about the experts beneath them"
    case .singleVictimExpert: "the victim has one expert, so there is no runner-up to compare with"
    }
  }
}

extension Verdict: Codable {
  private enum CodingKeys: String, CodingKey {
    case verdict, expert, reason
  }

  private enum Kind: String, Codable {
    case matchesRouting = "matches the routing"
    /// What version 1 called a match.
    case consistentWithReuse = "consistent with reuse"
    case noEvidenceOfReuse = "no evidence of reuse"
    case inconclusive
  }

  /// Reads `{"verdict": "matches the routing", "expert": ...}`, `{"verdict": "no evidence of
  /// reuse"}` or `{"verdict": "inconclusive", "reason": ...}`.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Kind.self, forKey: .verdict) {
    case .matchesRouting, .consistentWithReuse:
      self = .matchesRouting(of: try container.decode(String.self, forKey: .expert))
    case .noEvidenceOfReuse: self = .noEvidenceOfReuse
    case .inconclusive:
      self = .inconclusive(try container.decode(InconclusiveReason.self, forKey: .reason))
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .matchesRouting(let expert):
      try container.encode(
        EvidenceVersion(encoder) == .one ? Kind.consistentWithReuse : .matchesRouting,
        forKey: .verdict)
      try container.encode(expert, forKey: .expert)
    case .noEvidenceOfReuse: try container.encode(Kind.noEvidenceOfReuse, forKey: .verdict)
    case .inconclusive(let reason):
      try container.encode(Kind.inconclusive, forKey: .verdict)
      try container.encode(reason, forKey: .reason)
    }
  }
}
