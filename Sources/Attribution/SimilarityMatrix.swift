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
    let columns = suspect.routingScores.map(\.direction)
    score = victim.routingScores.map(\.direction).map { row in
      columns.map { row.similarity(to: $0) }
    }
    preference = victim.routingPreferences.map { row in
      suspect.routingPreferences.map { row.similarity(to: $0, base: base) }
    }
    similarity = zip(score, preference).map { pair in
      zip(pair.0, pair.1).map { ($0 + $1) / 2 }
    }
  }

  /// Checks the shapes of a matrix that was read.
  func validate() throws(AttributionError) {
    let tables = [
      ("matrix.score", score), ("matrix.preference", preference), ("matrix.similarity", similarity),
    ]
    for (key, table) in tables {
      try AttributionError.requireCount(table.count, victimExperts.count, key: key)
      for (index, row) in table.enumerated() {
        try AttributionError.requireCount(row.count, suspectExperts.count, key: "\(key)[\(index)]")
      }
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
