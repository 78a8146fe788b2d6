/// What a routing trace holds for each sample, expert and layer.
///
/// Fingerprints of different signals are never compared.
public enum RouterSignal: String, Codable, Sendable, CaseIterable {
  /// The gate's output averaged over the sample's tokens, before any softmax. The default.
  case logits
  /// What multiplies the task vectors. Sums to one only where a softmax made it.
  case weights
  /// A full softmax over all experts. Its logarithm gives the centred logits back exactly.
  case probabilities
}
