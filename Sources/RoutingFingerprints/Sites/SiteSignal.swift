/// What the numbers of a routing site are.
///
/// Logits, probabilities and sigmoids compare with one another: their logarithms and log odds are logits
/// once the mean over experts is taken out.
public enum SiteSignal: String, Codable, Sendable, CaseIterable {
  /// The router's linear map, before anything else.
  case logits
  /// A softmax over all experts; rows sum to one.
  case probabilities
  /// A sigmoid per expert.
  case sigmoid
  /// What multiplies the experts' outputs, after selection.
  case weights
  /// How often an item's tokens chose an expert: all that servers of models say.
  case selections

  /// Whether fingerprints of both signals hold the same quantity.
  public func compares(with other: SiteSignal) -> Bool {
    self == other || (isLogits && other.isLogits)
  }

  private var isLogits: Bool { self == .logits || self == .probabilities || self == .sigmoid }
}

/// How a router came about, where that alone says whether it can be evidence.
public enum RouterOrigin: String, Codable, Sendable, CaseIterable {
  /// Rows are hidden states or embeddings of prompts: they tell the prompts and the base.
  case prompts
  /// Rows were drawn and never trained.
  case random
  /// A function of the token alone.
  case hash
  /// Experts are drawn anew each time, or always the same.
  case constant
  /// A wish of the user, no function of the input.
  case preference
  /// A function of the experts' own weights: what it says, the weights say.
  case weights

  /// What the router is, after "the router was" or "is"; nothing where routing may be evidence.
  public var disqualification: String? {
    switch self {
    case .prompts: "the router was made from prompts"
    case .random: "the router was drawn at random and never trained"
    case .hash: "the router is a function of the token alone"
    case .constant: "the router does not depend on its input"
    case .preference: "the router is a stated preference, not a function of the input"
    case .weights: nil
    }
  }
}

/// What experts' columns are at the sites of a model.
public enum SiteSlots: String, Codable, Sendable, CaseIterable {
  /// A column is one expert at all sites, as in merges of whole models.
  case columns
  /// Every site has experts of its own, as sparse models that were trained as such have.
  case sites
}
