import RoutingFingerprints

/// How alike each victim expert and each suspect expert are.
///
/// Shapes: every table is `[victim experts, suspect experts]`; all numbers lie in 0...1.
public struct SimilarityMatrix: Sendable, Equatable, Codable {
  /// Names of the rows.
  public let victimExperts: [String]
  /// Names of the columns.
  public let suspectExperts: [String]
  /// Score similarity, (1 + cos) / 2 (equation 13).
  public let score: [[Double]]
  /// Preference similarity, 1 - JSD (equation 14).
  public let preference: [[Double]]
  /// The mean of both (equation 15).
  public let similarity: [[Double]]

  /// Compares every victim expert with every suspect expert.
  ///
  /// Equation: Sim = (score similarity + preference similarity) / 2          (RouteMark, eq. 15)
  public init(_ alignment: TaskAlignment) {
    let (victim, suspect) = (alignment.victim, alignment.suspect)
    let base = victim.options.jsdBase
    victimExperts = victim.experts
    suspectExperts = suspect.experts
    score = victim.routingScores.map { row in
      suspect.routingScores.map { row.similarity(to: $0) }
    }
    preference = victim.routingPreferences.map { row in
      suspect.routingPreferences.map { row.similarity(to: $0, base: base) }
    }
    similarity = zip(score, preference).map { pair in
      zip(pair.0, pair.1).map { ($0 + $1) / 2 }
    }
  }

  /// A suspect expert's profile: its similarity with every victim expert.
  ///
  /// - Precondition: `index` is that of a suspect expert.
  public func profile(ofSuspectExpert index: Int) -> [Double] {
    precondition(suspectExperts.indices.contains(index), "the index of a suspect expert")
    return similarity.map { $0[index] }
  }
}
