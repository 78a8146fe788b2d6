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
  ///
  /// On fine-tuned language models independent work on the same data reads .17 to .32 with two others taken
  /// out, and up to .40 on a grid of four bits; further training, blends and noise read .50 and more.
  public init(match: Double = 0.45, doubt: Double = 0.3) {
    self.match = match
    self.doubt = doubt
  }
}
