import Documents

/// What null experts say about one suspect expert, or about a suspect as a whole.
///
/// It is screening: its p-values hold for innocents who trained as the nulls did, and nobody knows how a
/// stranger trains. Reuse is a word of exact tests only.
///
/// The rule: Holm-adjusted p at most the consistent level, for weights a residual that is not small, and
/// for routing a merge that as a whole reaches the level as well -> unlike other people's work; p above the
/// "no evidence" level -> no evidence of reuse; everything between -> inconclusive. Where no p-value
/// could be formed, or none could have reached the level, the verdict is inconclusive and says
/// what is missing. Where the router answers every probe alike, the routing method does not apply.
public enum CalibratedVerdict: Sendable, Hashable {
  /// Rarer among innocents than the level.
  case unlikeOthers(of: String)
  /// As close as innocents of the same task are.
  case noEvidenceOfReuse
  /// Neither can be said.
  case inconclusive(Obstacle)
  /// The method says nothing about this model.
  case notApplicable(MissingSignal)

  /// Why a verdict is inconclusive.
  public enum Obstacle: Sendable, Hashable {
    /// The p-value lies between the levels.
    case betweenLevels
    /// What is shared beyond the nulls is rare, and yet less than reuse leaves.
    case smallResidual
    /// The expert's routing is rare among innocents, that of its merge as a whole is not. Experts of one
    /// merge share a router: what one of them gains others lose, so merges are what is independent.
    case mergeNotRare
    /// With so few nulls no p-value reaches the level.
    case tooFewNulls(have: Int, needed: Int)
    /// All nulls score alike, so that they have no distribution.
    case nullsDoNotVary
    /// There are no inner products for this expert and the victim expert it resembles.
    case notCompared
    /// The expert resembles neither the victim nor the nulls, and is further from the base model than they
    /// are: its weights may be written in other coordinates.
    case otherCoordinates
  }

  /// Why routing says nothing.
  public enum MissingSignal: String, Sendable, Hashable, Codable, CaseIterable {
    /// The victim's router does not answer to probes.
    case victimRouter = "victim-router"
    /// The suspect's router does not answer to probes.
    case suspectRouter = "suspect-router"
  }

  /// The verdict in words.
  public var words: String {
    switch self {
    case .unlikeOthers: "unlike other people's work (screening)"
    case .noEvidenceOfReuse: "no evidence of reuse"
    case .inconclusive: "inconclusive"
    case .notApplicable: "not applicable"
    }
  }

  /// Why, in one sentence without a full stop; `nil` where words say all.
  public var explanation: String? {
    switch self {
    case .unlikeOthers, .noEvidenceOfReuse: nil
    case .inconclusive(let obstacle):
      switch obstacle {
      case .betweenLevels: "p lies between the levels"
      case .smallResidual:
        "more is shared than nulls share, but less than reuse leaves: perhaps a recipe that no null has"
      case .mergeNotRare:
        "rare for an expert, but not for the merge as a whole, whose experts share a router"
      case .tooFewNulls(let have, let needed):
        "\(have) nulls cannot reach the level, \(needed) would be needed"
      case .nullsDoNotVary: "all nulls score alike, so they have no distribution"
      case .notCompared: "no null evidence was given for this pair"
      case .otherCoordinates: "it is not in coordinates that can be compared"
      }
    case .notApplicable(.victimRouter):
      "the victim's routing carries no probe signal: constant, random, hashed or driven by "
        + "something else than the input"
    case .notApplicable(.suspectRouter):
      "the suspect's routing carries no probe signal: constant, random, hashed or driven by "
        + "something else than the input"
    }
  }

  /// What would decide it, most helpful first.
  ///
  /// - Parameter level: What the verdict rests on.
  public func remedies(_ level: EvidenceLevel) -> [String] {
    let whiteBox = level == .routing ? ["white-box access to both models' weights"] : []
    switch self {
    case .unlikeOthers, .noEvidenceOfReuse: return []
    case .inconclusive(.betweenLevels): return whiteBox + ["more nulls", "more probes"]
    case .inconclusive(.smallResidual):
      return ["nulls trained by the victim's own recipe", "more probes"]
    case .inconclusive(.mergeNotRare): return whiteBox + ["more null merges", "more probes"]
    case .inconclusive(.tooFewNulls(_, let needed)): return ["\(needed) nulls"] + whiteBox
    case .inconclusive(.nullsDoNotVary):
      return ["nulls trained with different seeds", "more probes"] + whiteBox
    case .inconclusive(.otherCoordinates):
      return ["the model's answers on images", "the base model that it was trained from"]
    case .inconclusive(.notCompared):
      return ["null experts of this victim expert's task"] + whiteBox
    case .notApplicable: return ["white-box access to both models' weights"]
    }
  }
}

/// What the examiner could see.
public enum EvidenceLevel: String, Codable, Sendable, CaseIterable {
  /// Router logits only (grey box).
  case routing
  /// Weights (white box).
  case functional

  /// The level in words.
  public var words: String {
    switch self {
    case .routing: "grey box: routing residual"
    case .functional: "white box: functional residual"
    }
  }
}

extension CalibratedVerdict: Codable {
  private enum CodingKeys: String, CodingKey {
    case verdict, expert, reason, have, needed
  }

  private enum Kind: String, Codable {
    case unlikeOthers = "unlike other people's work"
    /// What version 1 called it.
    case consistentWithReuse = "consistent with reuse"
    case noEvidence = "no evidence of reuse"
    case inconclusive
    case notApplicable = "not applicable"
  }

  private enum ObstacleKind: String, Codable {
    case betweenLevels = "between-levels"
    case smallResidual = "small-residual"
    case mergeNotRare = "merge-not-rare"
    case tooFewNulls = "too-few-nulls"
    case nullsDoNotVary = "nulls-do-not-vary"
    case notCompared = "not-compared"
    case otherCoordinates = "other-coordinates"
  }

  /// Reads `{"verdict": ..., "expert" or "reason": ..., ...}`.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Kind.self, forKey: .verdict) {
    case .unlikeOthers, .consistentWithReuse:
      self = .unlikeOthers(of: try container.decode(String.self, forKey: .expert))
    case .noEvidence: self = .noEvidenceOfReuse
    case .notApplicable:
      self = .notApplicable(try container.decode(MissingSignal.self, forKey: .reason))
    case .inconclusive:
      switch try container.decode(ObstacleKind.self, forKey: .reason) {
      case .betweenLevels: self = .inconclusive(.betweenLevels)
      case .smallResidual: self = .inconclusive(.smallResidual)
      case .mergeNotRare: self = .inconclusive(.mergeNotRare)
      case .nullsDoNotVary: self = .inconclusive(.nullsDoNotVary)
      case .notCompared: self = .inconclusive(.notCompared)
      case .otherCoordinates: self = .inconclusive(.otherCoordinates)
      case .tooFewNulls:
        self = .inconclusive(
          .tooFewNulls(
            have: try container.decode(Int.self, forKey: .have),
            needed: try container.decode(Int.self, forKey: .needed)))
      }
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .unlikeOthers(let expert):
      try container.encode(
        EvidenceVersion(encoder) == .one ? Kind.consistentWithReuse : .unlikeOthers,
        forKey: .verdict)
      try container.encode(expert, forKey: .expert)
    case .noEvidenceOfReuse: try container.encode(Kind.noEvidence, forKey: .verdict)
    case .notApplicable(let missing):
      try container.encode(Kind.notApplicable, forKey: .verdict)
      try container.encode(missing, forKey: .reason)
    case .inconclusive(let obstacle):
      try container.encode(Kind.inconclusive, forKey: .verdict)
      switch obstacle {
      case .betweenLevels: try container.encode(ObstacleKind.betweenLevels, forKey: .reason)
      case .smallResidual: try container.encode(ObstacleKind.smallResidual, forKey: .reason)
      case .mergeNotRare: try container.encode(ObstacleKind.mergeNotRare, forKey: .reason)
      case .nullsDoNotVary: try container.encode(ObstacleKind.nullsDoNotVary, forKey: .reason)
      case .notCompared: try container.encode(ObstacleKind.notCompared, forKey: .reason)
      case .otherCoordinates:
        try container.encode(ObstacleKind.otherCoordinates, forKey: .reason)
      case .tooFewNulls(let have, let needed):
        try container.encode(ObstacleKind.tooFewNulls, forKey: .reason)
        try container.encode(have, forKey: .have)
        try container.encode(needed, forKey: .needed)
      }
    }
  }
}
