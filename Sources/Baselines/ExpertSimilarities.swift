/// Every expert of a victim against every expert of a suspect.
public struct ExpertSimilarities: Sendable, Hashable, Codable {
  /// The victim's expert that a suspect's expert is closest to.
  public struct Match: Sendable, Hashable, Codable {
    /// The suspect's expert.
    public let suspectExpert: String
    /// The victim's expert with the largest value; of equal ones the first.
    public let victimExpert: String
    /// The largest value.
    public let similarity: Double
    /// The largest minus the second largest value; `nil` when the victim has one expert.
    public let attributionMargin: Double?
  }

  /// The victim's experts, the matrix's rows.
  public let victimExperts: [String]
  /// The suspect's experts, the matrix's columns.
  public let suspectExperts: [String]
  /// The values, `[victim experts, suspect experts]`.
  public let values: [[Double]]
  /// The best victim expert of each suspect expert.
  public let matches: [Match]

  /// A matrix of values, and the matches that follow from it.
  ///
  /// - Precondition: there is at least one victim expert, and a value for every pair.
  public init(victimExperts: [String], suspectExperts: [String], values: [[Double]]) {
    precondition(
      !victimExperts.isEmpty && values.count == victimExperts.count
        && values.allSatisfy { $0.count == suspectExperts.count }, "a value for every pair")
    self.victimExperts = victimExperts
    self.suspectExperts = suspectExperts
    self.values = values
    matches = suspectExperts.indices.map { suspect in
      let column = values.map { $0[suspect] }
      var top = 0
      for victim in column.indices where column[victim] > column[top] { top = victim }
      let others = column.indices.filter { $0 != top }.map { column[$0] }
      return Match(
        suspectExpert: suspectExperts[suspect], victimExpert: victimExperts[top],
        similarity: column[top], attributionMargin: others.max().map { column[top] - $0 })
    }
  }
}
