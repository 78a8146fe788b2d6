import Diagnostics

/// Why likelihood ratios cannot be computed.
///
/// Scores are counted from 0.
public enum LikelihoodRatioError: DiagnosableError, Equatable {
  /// There are no pairs of one kind.
  case noScores(name: String)
  /// A score is NaN, infinite or too large.
  case scoreOutOfRange(name: String, index: Int, value: String)
  /// Two lists that belong together differ in length.
  case countMismatch(name: String, expected: Int, actual: Int)
  /// Leaving one group out leaves no pairs of one kind.
  case groupHasAll(name: String, group: String)

  /// The stable identifier.
  public var code: String {
    switch self {
    case .noScores: "likelihood-ratios.no-scores"
    case .scoreOutOfRange: "likelihood-ratios.score-out-of-range"
    case .countMismatch: "likelihood-ratios.count-mismatch"
    case .groupHasAll: "likelihood-ratios.group-has-all"
    }
  }

  /// What is wrong, with the values.
  public var what: String {
    switch self {
    case .noScores(let name): "expected at least 1 validated pair of kind `\(name)`, found none"
    case .scoreOutOfRange(_, _, let value):
      "expected a score of magnitude up to \(LabelledScores.magnitudeLimit), found `\(value)`"
    case .countMismatch(let name, let expected, let actual):
      "expected \(expected) \(name), found \(actual)"
    case .groupHasAll(let name, let group):
      "expected pairs of kind `\(name)` outside of group `\(group)`, found none"
    }
  }

  /// The kind of pairs and the index.
  public var location: String? {
    switch self {
    case .scoreOutOfRange(let name, let index, _): "pairs of kind `\(name)`, index \(index)"
    case .noScores, .countMismatch, .groupHasAll: nil
    }
  }

  /// How to fix it.
  public var hints: [String] {
    switch self {
    case .noScores: ["validate the method on pairs of both kinds: reuse and independent work"]
    case .scoreOutOfRange: ["leave out pairs that could not be compared"]
    case .countMismatch: ["give one value for each pair, in the same order"]
    case .groupHasAll: ["validate on at least two groups with pairs of both kinds"]
    }
  }
}
