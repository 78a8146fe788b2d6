/// What a routing trace holds for each sample, expert and layer.
///
/// Logits and probabilities compare: both are centred logits once a mean over experts is taken out.
/// Weights compare with weights only.
public enum RouterSignal: String, Codable, Sendable, CaseIterable {
  /// The gate's output averaged over the sample's tokens, before any softmax. The default.
  case logits
  /// What multiplies the task vectors. Sums to one only where a softmax made it.
  case weights
  /// A full softmax over all experts. Its logarithm gives the centred logits back exactly.
  case probabilities

  /// Whether fingerprints of both signals hold the same quantity.
  public func compares(with other: RouterSignal) -> Bool {
    self == other || (self != .weights && other != .weights)
  }
}

/// Whether a model's gates had been trained when its trace was captured.
public enum RouterState: String, Codable, Sendable, CaseIterable {
  /// Gates as they are initialised: they say nothing about experts.
  case untrained
  /// Gates that differ from what an initialisation makes.
  case trained
}
