import RoutingFingerprints

/// Which victim expert a suspect expert resembles most, and what that says.
public struct ExpertAttribution: Sendable, Equatable, Codable {
  /// The suspect expert's index.
  public let suspectIndex: Int
  /// The suspect expert's name.
  public let suspectExpert: String
  /// Similarity with each victim expert, `[victim experts]`.
  public let profile: [Double]
  /// The victim expert of the largest similarity; ties go to the lowest index.
  public let topOneIndex: Int
  /// Its name.
  public let topOneExpert: String
  /// The largest similarity.
  public let similarity: Double
  /// The victim expert of the second-largest similarity; `nil` when the victim has one expert.
  public let runnerUpIndex: Int?
  /// Its name.
  public let runnerUpExpert: String?
  /// The second-largest similarity.
  public let runnerUpSimilarity: Double?
  /// Best minus second-best similarity; `nil` when the victim has one expert.
  public let attributionMargin: Double?
  /// Whether the suspect expert's score fingerprint is all zero.
  public let carriesNoSignal: Bool
  /// The thresholds the verdict was reached with.
  public let thresholds: AttributionThresholds
  /// What the numbers say.
  public let verdict: Verdict

  private enum CodingKeys: String, CodingKey {
    case suspectIndex, suspectExpert, profile, topOneIndex, topOneExpert, similarity
    case runnerUpIndex, runnerUpExpert, runnerUpSimilarity
    case attributionMargin = "margin"
    case carriesNoSignal, thresholds, verdict
  }

  /// Attributes one suspect expert.
  ///
  /// - Precondition: `suspectIndex` is that of a suspect expert.
  public init(
    suspectIndex: Int, alignment: TaskAlignment, matrix: SimilarityMatrix,
    thresholds: AttributionThresholds, routerIsUntrained: Bool = false
  ) {
    profile = matrix.profile(ofSuspectExpert: suspectIndex)
    let ranked = Ranking(profile)
    self.suspectIndex = suspectIndex
    suspectExpert = matrix.suspectExperts[suspectIndex]
    topOneIndex = ranked.first
    topOneExpert = matrix.victimExperts[ranked.first]
    similarity = profile[ranked.first]
    runnerUpIndex = ranked.second
    runnerUpExpert = ranked.second.map { matrix.victimExperts[$0] }
    runnerUpSimilarity = ranked.second.map { [profile] in profile[$0] }
    attributionMargin = runnerUpSimilarity.map { [similarity] in similarity - $0 }
    carriesNoSignal = alignment.suspect.routingScores[suspectIndex].carriesNoSignal
    self.thresholds = thresholds
    verdict = Verdict(
      similarity: similarity, attributionMargin: attributionMargin, expert: topOneExpert,
      routerIsUntrained: routerIsUntrained,
      suspectCarriesNoSignal: carriesNoSignal,
      victimCarriesNoSignal: alignment.victim.routingScores[topOneIndex].carriesNoSignal,
      thresholds: thresholds)
  }
}

/// The indices of the largest and the second-largest number; ties go to the lowest index.
private struct Ranking {
  var first = 0
  var second: Int?

  init(_ profile: [Double]) {
    for index in profile.indices.dropFirst() {
      if profile[index] > profile[first] {
        second = first
        first = index
      } else if second.map({ profile[index] > profile[$0] }) ?? true {
        second = index
      }
    }
  }
}

extension Verdict {
  /// The verdict that follows from a similarity and a margin.
  ///
  /// Without signal on either side a verdict is inconclusive whatever the numbers: a victim's only
  /// expert has none, since centring leaves nothing of it. Without a runner-up the margin is `nil`:
  /// then only a similarity below the lower threshold says anything.
  public init(
    similarity: Double, attributionMargin: Double?, expert: String,
    routerIsUntrained: Bool = false,
    suspectCarriesNoSignal: Bool = false, victimCarriesNoSignal: Bool = false,
    thresholds: AttributionThresholds = .standard
  ) {
    if routerIsUntrained {
      self = .inconclusive(.routerUntrained)
    } else if suspectCarriesNoSignal {
      self = .inconclusive(.suspectCarriesNoSignal)
    } else if victimCarriesNoSignal {
      self = .inconclusive(
        attributionMargin == nil ? .singleVictimExpert : .victimCarriesNoSignal)
    } else if similarity < thresholds.noEvidenceSimilarity {
      self = .noEvidenceOfReuse
    } else if let margin = attributionMargin {
      if margin < thresholds.noEvidenceMargin {
        self = .noEvidenceOfReuse
      } else if similarity >= thresholds.consistentSimilarity,
        margin >= thresholds.consistentMargin
      {
        self = .matchesRouting(of: expert)
      } else {
        self = .inconclusive(.betweenThresholds)
      }
    } else {
      self = .inconclusive(.singleVictimExpert)
    }
  }
}
