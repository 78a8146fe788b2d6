/// The thresholds of a verdict.
///
/// A suspect expert is consistent with reuse when its top-1 similarity and its attribution margin
/// both reach the upper pair; there is no evidence of reuse when either stays below the lower
/// pair; everything else is inconclusive.
public struct AttributionThresholds: Sendable, Hashable {
  /// The least top-1 similarity that is consistent with reuse.
  public let consistentSimilarity: Double
  /// The least attribution margin that is consistent with reuse.
  public let consistentMargin: Double
  /// A top-1 similarity below this is no evidence of reuse.
  public let noEvidenceSimilarity: Double
  /// An attribution margin below this is no evidence of reuse.
  public let noEvidenceMargin: Double

  /// Top-1 0.80 and margin 0.35 for "consistent", 0.60 or 0.15 for "no evidence".
  public static let standard = AttributionThresholds(
    uncheckedConsistent: (0.80, 0.35), noEvidence: (0.60, 0.15))

  private init(
    uncheckedConsistent consistent: (similarity: Double, margin: Double),
    noEvidence: (similarity: Double, margin: Double)
  ) {
    consistentSimilarity = consistent.similarity
    consistentMargin = consistent.margin
    noEvidenceSimilarity = noEvidence.similarity
    noEvidenceMargin = noEvidence.margin
  }

  /// Thresholds by name.
  ///
  /// - Throws: ``AttributionError/thresholdOutOfRange(name:actual:)`` outside 0...1;
  ///   ``AttributionError/thresholdsCross(name:noEvidence:consistent:)`` when a "no evidence"
  ///   threshold lies above its "consistent" one.
  public init(
    consistentSimilarity: Double = 0.80, consistentMargin: Double = 0.35,
    noEvidenceSimilarity: Double = 0.60, noEvidenceMargin: Double = 0.15
  ) throws(AttributionError) {
    let named = [
      ("consistentSimilarity", consistentSimilarity), ("consistentMargin", consistentMargin),
      ("noEvidenceSimilarity", noEvidenceSimilarity), ("noEvidenceMargin", noEvidenceMargin),
    ]
    for (name, value) in named where !(0...1).contains(value) {
      throw .thresholdOutOfRange(name: name, actual: "\(value)")
    }
    guard noEvidenceSimilarity <= consistentSimilarity else {
      throw .thresholdsCross(
        name: "similarity", noEvidence: noEvidenceSimilarity, consistent: consistentSimilarity)
    }
    guard noEvidenceMargin <= consistentMargin else {
      throw .thresholdsCross(
        name: "margin", noEvidence: noEvidenceMargin, consistent: consistentMargin)
    }
    self.init(
      uncheckedConsistent: (consistentSimilarity, consistentMargin),
      noEvidence: (noEvidenceSimilarity, noEvidenceMargin))
  }
}

extension AttributionThresholds: Codable {
  private enum CodingKeys: String, CodingKey {
    case consistentSimilarity, consistentMargin, noEvidenceSimilarity, noEvidenceMargin
  }

  /// Reads and checks thresholds.
  ///
  /// - Throws: ``AttributionError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      consistentSimilarity: try container.decode(Double.self, forKey: .consistentSimilarity),
      consistentMargin: try container.decode(Double.self, forKey: .consistentMargin),
      noEvidenceSimilarity: try container.decode(Double.self, forKey: .noEvidenceSimilarity),
      noEvidenceMargin: try container.decode(Double.self, forKey: .noEvidenceMargin))
  }
}
