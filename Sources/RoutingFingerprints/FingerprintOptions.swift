/// How an expert's routing preference is formed from its score fingerprint.
public enum RPFMode: String, Codable, Sendable, CaseIterable {
  /// One distribution over tasks: scores are summed over layers, then softmax (equation 11-12).
  case global
  /// One distribution over tasks for each layer; similarities are averaged over layers.
  case perLayer
}

/// The base of the logarithms in the Jensen-Shannon divergence (equation 14).
public enum JSDBase: String, Codable, Sendable, CaseIterable {
  /// Bits: the divergence lies in 0...1.
  case two
  /// Nats: the divergence lies in 0...0.693, so the similarity never falls below 0.307.
  case natural
}

/// The choices the paper leaves open.
///
/// The defaults reproduce its figures.
public struct FingerprintOptions: Codable, Sendable, Hashable {
  /// How the routing preference is formed.
  public var rpfMode: RPFMode
  /// The base of the logarithms in the divergence.
  public var jsdBase: JSDBase

  /// Options by name.
  public init(rpfMode: RPFMode = .global, jsdBase: JSDBase = .two) {
    self.rpfMode = rpfMode
    self.jsdBase = jsdBase
  }
}
