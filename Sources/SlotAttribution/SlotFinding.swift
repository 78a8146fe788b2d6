import ExactTests
import Statistics

/// What is said about one slot.
public struct SlotFinding: Sendable, Hashable, Codable {
  /// The kinds of words.
  public enum Conclusion: String, Sendable, Hashable, Codable, CaseIterable {
    /// Bytes that differ from the base's, or exact multiples of them, are a source's.
    case identical
    /// The base's own weights: nothing was added, so there is nothing to attribute.
    case base = "the base's own weights"
    /// An exact test of the victim's re-runs speaks.
    case consistentWithReuse = "consistent with reuse"
    /// Responses are alike beyond what others explain; screening only.
    case matchesWeights = "matches the weights (screening)"
    /// Some likeness, too little to name a source.
    case inconclusive
    /// No likeness beyond what others explain.
    case noEvidence = "no evidence of reuse"
    /// Nothing could be measured.
    case notApplicable = "not applicable"
  }

  /// The slot's name.
  public let slot: String
  /// The kind of words.
  public let conclusion: Conclusion
  /// Whose weights they are, or are like; `nil` for none.
  public let source: String?
  /// The mean residual cosine over probed layers with the source or the nearest victim.
  public let residual: Double?
  /// What was done to the source's weights, in words.
  public let changes: [String]
  /// The source of each layer, where layers come from several.
  public let layerSources: [Int: String]?
  /// Other slots with the same weights.
  public let copies: [String]

  private enum CodingKeys: String, CodingKey {
    case slot, conclusion, source, residual, changes, copies
    case layerSources = "layer_sources"
  }

  /// The conclusion in words.
  public var words: String {
    switch conclusion {
    case .identical: "identical to \(source ?? "several sources, layer by layer")"
    case .consistentWithReuse: "consistent with reuse of \(source ?? "a victim")"
    case .matchesWeights:
      "matches the weights of \(source ?? "several sources, layer by layer") (screening)"
    case .base, .inconclusive, .noEvidence, .notApplicable: conclusion.rawValue
    }
  }
}

/// What an exact test says about one victim and all slots together.
public struct VictimFinding: Sendable, Hashable, Codable {
  /// The victim.
  public let victim: String
  /// The slots that are its own, or like it.
  public let slots: [String]
  /// The re-run test; `nil` without re-runs.
  public let test: ExactTestResult?
  /// Its p-value adjusted over victims (Holm).
  public let adjustedPValue: Double?

  private enum CodingKeys: String, CodingKey {
    case victim, slots, test
    case adjustedPValue = "adjusted_p"
  }
}

/// The thresholds of screening.
public struct SlotThresholds: Sendable, Hashable, Codable {
  /// A mean residual from here on matches.
  public let match: Double
  /// A mean residual from here on is inconclusive.
  public let doubt: Double

  /// Thresholds.
  public init(match: Double, doubt: Double = 0.3) {
    self.match = match
    self.doubt = doubt
  }

  /// The thresholds for so many others whose likeness is taken out.
  ///
  /// On language models that were fine-tuned from one base, independent work on the same data reads up to .42
  /// on a grid of four bits with nobody taken out, and up to .32 with two others. Further training, blends and
  /// noise of three times the change read .42 and more.
  public static func standard(others: Int) -> SlotThresholds {
    SlotThresholds(match: others >= 2 ? 0.4 : 0.45)
  }
}
