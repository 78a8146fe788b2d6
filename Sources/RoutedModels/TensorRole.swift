/// What a tensor does in a model, whatever a framework calls it.
///
/// A layer and a slot say where: `TensorRole(.up, .weight, layer: 3, slot: .expert(5))` is the first map
/// of expert 5 in layer 3. Families give roles names (``TensorNames``); everything else speaks roles.
public struct TensorRole: Sendable, Hashable {
  /// The part of a model.
  public enum Component: String, Sendable, Hashable, CaseIterable {
    // Where items become tokens.
    /// The learned token that stands before the patches.
    case classEmbedding
    /// The map from a patch to a token.
    case patchEmbedding
    /// What is added to the token at each place.
    case positionEmbedding
    /// The token of every word of a vocabulary.
    case tokenEmbedding
    /// The norm before the first layer.
    case embeddingNorm

    // A layer outside of its experts.
    /// The norm before attention.
    case attentionNorm
    /// Attention's query map.
    case query
    /// Attention's key map.
    case key
    /// Attention's value map.
    case value
    /// Attention's output map.
    case attentionOutput
    /// The norm before the experts.
    case expertNorm

    // An expert, or the MLP of a dense layer.
    /// The map from a token to hidden units.
    case up
    /// The map whose activation multiplies the hidden units (SwiGLU and relatives).
    case gatingUp
    /// The map from hidden units to a token.
    case down

    // A router.
    /// The first of two maps.
    case routerHidden
    /// The second of two maps: a row for every expert.
    case routerOutput
    /// The only map: a row for every expert.
    case routerRows
    /// Logits that do not depend on the token.
    case routerConstant
    /// What is added to scores when experts are chosen, and not to their weights.
    case routerCorrection
    /// The row whose sigmoid weighs a shared expert.
    case sharedGate

    // What reads the tokens after the last layer.
    /// The map from a token to the logits of a vocabulary.
    case outputHead
    /// The norm after the last layer.
    case finalNorm
    /// The map from a pooled token to the feature.
    case projection
    /// The query of attention pooling.
    case poolingProbe
    /// Query, key and value maps of attention pooling, stacked.
    case poolingInput
    /// The output map of attention pooling.
    case poolingOutput
    /// The norm after attention pooling.
    case poolingNorm
    /// The first map of the pooling head's MLP.
    case poolingUp
    /// The second map of the pooling head's MLP.
    case poolingDown
  }

  /// Weight or bias.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// What is multiplied.
    case weight
    /// What is added.
    case bias
  }

  /// Whose copy of an expert's tensor it is.
  public enum Slot: Sendable, Hashable {
    /// The only MLP of a dense layer.
    case dense
    /// The MLP that task vectors are added to.
    case base
    /// An expert's difference from the base, by place.
    case taskVector(Int)
    /// An expert's own weights, by place.
    case expert(Int)
    /// An expert that every token passes, by place.
    case shared(Int)
  }

  /// The part of the model.
  public let component: Component
  /// Weight or bias.
  public let kind: Kind
  /// The layer, counted from 0; `nil` outside of the layers.
  public let layer: Int?
  /// The expert; `nil` for what no expert owns.
  public let slot: Slot?

  /// A role.
  public init(
    _ component: Component, _ kind: Kind = .weight, layer: Int? = nil, slot: Slot? = nil
  ) {
    self.component = component
    self.kind = kind
    self.layer = layer
    self.slot = slot
  }

  /// Whether it belongs to an expert, or to the MLP of a dense layer.
  public var isExpert: Bool {
    switch component {
    case .up, .gatingUp, .down: true
    default: false
    }
  }

  /// Whether it belongs to a router.
  public var isRouter: Bool {
    switch component {
    case .routerHidden, .routerOutput, .routerRows, .routerConstant, .routerCorrection: true
    default: false
    }
  }

  /// Whether it is the weight of a linear map of a layer: attention's four and the experts'.
  public var isLinearMap: Bool {
    switch component {
    case .query, .key, .value, .attentionOutput, .up, .gatingUp, .down:
      layer != nil && kind == .weight
    default: false
    }
  }

  /// Whether models of one family are saved with or without it.
  public var isOptional: Bool { component == .projection }

  /// The same part of another expert; what no expert owns stays.
  public func inSlot(_ slot: Slot) -> TensorRole {
    isExpert ? TensorRole(component, kind, layer: layer, slot: slot) : self
  }
}

/// A tensor's role and shape, as a model's description lists it.
public struct RoleShape: Sendable, Hashable {
  /// What it does.
  public let role: TensorRole
  /// Its shape.
  public let shape: [Int]

  /// A tensor of that role and shape.
  public init(_ role: TensorRole, _ shape: [Int]) {
    self.role = role
    self.shape = shape
  }
}
