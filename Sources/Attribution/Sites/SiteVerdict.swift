import RoutingFingerprints

/// What a comparison of sites says.
///
/// Routing recognises what experts were trained for, so there is no word for reuse among these.
public enum SiteVerdict: Sendable, Hashable, CustomStringConvertible {
  /// The routers treat the probes alike, and by more than rotated tasks do.
  case matchesRouting
  /// Too little is alike.
  case noEvidenceOfReuse
  /// Neither can be said.
  case inconclusive
  /// Routing is no evidence here, whatever the numbers.
  case notApplicable(SiteObjection)

  /// The verdict in words, such as `not applicable: the router was made from prompts`.
  public var description: String {
    switch self {
    case .matchesRouting: "matches the routing"
    case .noEvidenceOfReuse: "no evidence of reuse"
    case .inconclusive: "inconclusive"
    case .notApplicable(let objection): "not applicable: \(objection.explanation)"
    }
  }

  /// The verdict that follows from two fingerprints and their comparison.
  ///
  /// The agreement beyond chance takes the place of the top-1 similarity. Where rotated tasks fit nearly as well as
  /// the right ones could, routing would not have shown reuse, so that its absence says nothing.
  public init(
    victim: SiteFingerprint, suspect: SiteFingerprint, comparison: SiteComparison,
    thresholds: AttributionThresholds
  ) {
    if let objection = SiteObjection(suspect) ?? SiteObjection(victim) {
      self = .notApplicable(objection)
      return
    }
    guard let agreement = comparison.agreement, let chance = comparison.rotations.max() else {
      self = .inconclusive
      return
    }
    if agreement >= thresholds.consistentSimilarity {
      self = .matchesRouting
    } else if agreement < thresholds.noEvidenceSimilarity, 1 - chance >= thresholds.noEvidenceMargin
    {
      self = .noEvidenceOfReuse
    } else {
      self = .inconclusive
    }
  }
}

/// Why routing is no evidence.
public enum SiteObjection: Sendable, Hashable {
  /// How the router came about.
  case origin(RouterOrigin)
  /// The router was never trained.
  case untrained
  /// The router says the same for every task.
  case constant
  /// What one half of the probes shows does not come back in the other.
  case noRepetition

  /// What speaks against a model's routing as evidence; `nil` where nothing does.
  public init?(_ fingerprint: SiteFingerprint) {
    if let origin = fingerprint.routerOrigin, origin.disqualification != nil {
      self = .origin(origin)
    } else if fingerprint.routerState == .untrained {
      self = .untrained
    } else if fingerprint.isConstant {
      self = .constant
    } else if fingerprint.repeatsItself == false {
      self = .noRepetition
    } else {
      return nil
    }
  }

  /// The reason, without a full stop.
  public var explanation: String {
    switch self {
    case .origin(let origin): origin.disqualification ?? origin.rawValue
    case .untrained: "the router was never trained"
    case .constant: "the router says the same for every task"
    case .noRepetition: "the router carries no signal: the two halves of the probes do not agree"
    }
  }
}

extension SiteVerdict: Codable {
  private enum CodingKeys: String, CodingKey { case verdict, reason }

  private static let reasons: [String: SiteObjection] = {
    var found: [String: SiteObjection] = [
      "untrained": .untrained, "constant": .constant, "no-repetition": .noRepetition,
    ]
    for origin in RouterOrigin.allCases { found["origin-\(origin.rawValue)"] = .origin(origin) }
    return found
  }()

  /// Reads `{"verdict": "inconclusive"}` or `{"verdict": "not applicable", "reason": ...}`.
  ///
  /// - Throws: `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let words = try container.decode(String.self, forKey: .verdict)
    switch words {
    case "matches the routing": self = .matchesRouting
    case "no evidence of reuse": self = .noEvidenceOfReuse
    case "inconclusive": self = .inconclusive
    case "not applicable":
      let reason = try container.decode(String.self, forKey: .reason)
      guard let objection = Self.reasons[reason] else {
        throw DecodingError.dataCorruptedError(
          forKey: .reason, in: container, debugDescription: "the reason `\(reason)` is not known")
      }
      self = .notApplicable(objection)
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .verdict, in: container, debugDescription: "the verdict `\(words)` is not known")
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    guard case .notApplicable(let objection) = self else {
      return try container.encode(description, forKey: .verdict)
    }
    try container.encode("not applicable", forKey: .verdict)
    let reason = Self.reasons.first { $0.value == objection }?.key
    try container.encode(reason ?? "untrained", forKey: .reason)
  }
}
