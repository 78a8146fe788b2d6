/// What a forward pass is asked to return.
public struct TowerRequest: OptionSet, Sendable {
  /// The bits of the set.
  public let rawValue: Int
  /// A set of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Features: of the class token, or of attention pooling.
  public static let features = TowerRequest(rawValue: 1)
  /// The class token after every layer, or the mean of the tokens where there is none.
  public static let hiddenStates = TowerRequest(rawValue: 2)
  /// Router logits and routing weights.
  public static let routing = TowerRequest(rawValue: 4)
  /// What goes into every layer's MLP.
  public static let mlpInputs = TowerRequest(rawValue: 8)
  /// What goes into every layer's attention.
  public static let attentionInputs = TowerRequest(rawValue: 16)
}

/// What a forward pass returns; arrays that were not asked for are empty.
public struct TowerOutputs: Sendable, Equatable {
  /// Projected features before normalisation, `[S, P]`.
  public internal(set) var features: [Float] = []
  /// The class token, or the mean token, after every layer, before the post layer norm, `[L, S, D]`.
  public internal(set) var hiddenStates: [Float] = []
  /// Gate outputs averaged over tokens, before any softmax, `[S, E, L]`.
  public internal(set) var routerLogits: [Float] = []
  /// What multiplies the task vectors, `[S, E, L]`.
  public internal(set) var routingWeights: [Float] = []
  /// All tokens after the second layer norm of every layer, `[L, S, T, D]`.
  public internal(set) var mlpInputs: [Float] = []
  /// All tokens after the first layer norm of every layer, `[L, S, T, D]`.
  public internal(set) var attentionInputs: [Float] = []
}
