import Diagnostics

/// Scores of pairs of which the truth is known: what a method is validated on.
public struct LabelledScores: Sendable, Hashable, Codable {
  /// Scores of pairs in which one expert was made from the other (Hp).
  public let reuse: [Double]
  /// Scores of pairs that were made independently (Hd).
  public let innocent: [Double]

  /// Checks and keeps scores.
  ///
  /// - Throws: ``LikelihoodRatioError``.
  public init(reuse: [Double], innocent: [Double]) throws(LikelihoodRatioError) {
    for (name, values) in [("reuse", reuse), ("innocent", innocent)] {
      guard !values.isEmpty else { throw .noScores(name: name) }
      if let index = values.firstIndex(where: { !($0.magnitude <= Self.magnitudeLimit) }) {
        throw .scoreOutOfRange(name: name, index: index, value: "\(values[index])")
      }
    }
    self.reuse = reuse
    self.innocent = innocent
  }

  /// The largest magnitude of a score.
  public static let magnitudeLimit = 1e100

  /// Reads and checks scores.
  ///
  /// - Throws: ``LikelihoodRatioError`` as the other initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      reuse: try container.decode([Double].self, forKey: .reuse),
      innocent: try container.decode([Double].self, forKey: .innocent))
  }
}
