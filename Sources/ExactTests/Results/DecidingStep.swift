import Diagnostics

/// What would decide a question that the tests at hand leave open.
public enum DecidingStep: Sendable, Hashable {
  /// So many more re-runs of the victim's recipe.
  case moreReruns(Int)
  /// A test of the secret subset, if one was drawn.
  case secretSubset
  /// About so many images in the pool, half of them used, at the effect that was seen.
  case poolOf(images: Int)
  /// More random memberships of a subset test.
  case moreDraws(Int)
  /// A test of the keyed mark, if one was added before release.
  case keyedMark
  /// Access to the suspect's weights.
  case weights

  /// The step in words, without a full stop.
  ///
  /// - Parameter minutesPerRerun: How long one re-run took, if that is known.
  public func words(minutesPerRerun: Double? = nil) -> String {
    switch self {
    case .moreReruns(let count):
      let runs = "\(count) more \(count == 1 ? "re-run" : "re-runs") of the victim's recipe"
      guard let minutesPerRerun, minutesPerRerun.isFinite, minutesPerRerun >= 0 else { return runs }
      let minutes = max((minutesPerRerun * Double(count)).rounded(.up), 1)
      return minutes < 1e9 ? "\(runs), about \(Int(minutes)) min" : runs
    case .secretSubset: return "a test of the secret subset, if the victim was trained on one"
    case .poolOf(let images): return "a pool of about \(images) images"
    case .moreDraws(let count): return "at least \(count) random memberships"
    case .keyedMark: return "a test of the keyed mark, if one was added before release"
    case .weights: return "access to the suspect's weights"
    }
  }
}

extension DecidingStep: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case step, count
  }

  private enum Kind: String, Codable {
    case moreReruns = "more-re-runs"
    case secretSubset = "secret-subset"
    case poolOf = "pool"
    case moreDraws = "more-draws"
    case keyedMark = "keyed-mark"
    case weights
  }

  private var kind: Kind {
    switch self {
    case .moreReruns: .moreReruns
    case .secretSubset: .secretSubset
    case .poolOf: .poolOf
    case .moreDraws: .moreDraws
    case .keyedMark: .keyedMark
    case .weights: .weights
    }
  }

  private var count: Int? {
    switch self {
    case .moreReruns(let count), .poolOf(let count), .moreDraws(let count): count
    case .secretSubset, .keyedMark, .weights: nil
    }
  }

  /// Reads `{"step": ..., "count": ...}`; counts belong to re-runs, pools and draws only.
  ///
  /// - Throws: `DecodingError`, and ``ExactTestError`` for a count below 1.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func count() throws -> Int {
      let value = try container.decode(Int.self, forKey: .count)
      guard value >= 1 else {
        throw ExactTestError.valueOutOfRange(name: "count", range: "at least 1", actual: "\(value)")
      }
      return value
    }
    switch try container.decode(Kind.self, forKey: .step) {
    case .moreReruns: self = .moreReruns(try count())
    case .poolOf: self = .poolOf(images: try count())
    case .moreDraws: self = .moreDraws(try count())
    case .secretSubset: self = .secretSubset
    case .keyedMark: self = .keyedMark
    case .weights: self = .weights
    }
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .step)
    try container.encodeIfPresent(count, forKey: .count)
  }
}
