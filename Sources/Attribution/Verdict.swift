/// What the similarities of one suspect expert say, under given thresholds.
public enum Verdict: Sendable, Hashable, CustomStringConvertible {
  /// Top-1 similarity and attribution margin both reach the thresholds.
  case consistentWithReuse(of: String)
  /// Top-1 similarity or attribution margin stays below the lower thresholds.
  case noEvidenceOfReuse
  /// Neither can be said.
  case inconclusive(InconclusiveReason)

  /// The verdict in words, such as `consistent with reuse of scene15`.
  public var description: String {
    switch self {
    case .consistentWithReuse(let expert): "consistent with reuse of \(expert)"
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
    case .singleVictimExpert: "the victim has one expert, so there is no runner-up to compare with"
    }
  }
}

extension Verdict: Codable {
  private enum CodingKeys: String, CodingKey {
    case verdict, expert, reason
  }

  private enum Kind: String, Codable {
    case consistentWithReuse = "consistent with reuse"
    case noEvidenceOfReuse = "no evidence of reuse"
    case inconclusive
  }

  /// Reads `{"verdict": "consistent with reuse", "expert": ...}`, `{"verdict": "no evidence of
  /// reuse"}` or `{"verdict": "inconclusive", "reason": ...}`.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Kind.self, forKey: .verdict) {
    case .consistentWithReuse:
      self = .consistentWithReuse(of: try container.decode(String.self, forKey: .expert))
    case .noEvidenceOfReuse: self = .noEvidenceOfReuse
    case .inconclusive:
      self = .inconclusive(try container.decode(InconclusiveReason.self, forKey: .reason))
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .consistentWithReuse(let expert):
      try container.encode(Kind.consistentWithReuse, forKey: .verdict)
      try container.encode(expert, forKey: .expert)
    case .noEvidenceOfReuse: try container.encode(Kind.noEvidenceOfReuse, forKey: .verdict)
    case .inconclusive(let reason):
      try container.encode(Kind.inconclusive, forKey: .verdict)
      try container.encode(reason, forKey: .reason)
    }
  }
}
