/// What was probably done to a model, with the measurements that say so.
public struct TamperFinding: Codable, Sendable, Equatable {
  /// What was done.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Trained further.
    case fineTuned
    /// Weights set to zero.
    case pruned
    /// Weights rounded to few bits.
    case quantised
    /// Hidden units in another order.
    case permuted
    /// Written in other coordinates, which changes no output: norms, channels, units or heads.
    case coordinatesChanged
    /// Written in coordinates in which the base model was not found.
    case coordinatesNotFound
    /// Mixed with another model's weights.
    case blended
    /// One expert used twice.
    case cloned
    /// The router answers as before.
    case routerKept
    /// The router answers in another way: retrained, or the weights beneath it changed much.
    case routerRetrained
    /// A constant was added to an expert's logits.
    case routerBiased
    /// All logits were multiplied by a number.
    case routerScaled
    /// An expert that the victim does not have.
    case expertAdded
    /// A victim expert that the suspect does not have.
    case expertDeleted
    /// An expert in the place of a victim's.
    case expertReplaced

    /// What was done, in words.
    public var words: String {
      switch self {
      case .fineTuned: "fine-tuned"
      case .pruned: "pruned"
      case .quantised: "quantised"
      case .permuted: "hidden units permuted"
      case .coordinatesChanged: "coordinates changed"
      case .coordinatesNotFound: "not in coordinates that can be compared"
      case .blended: "blended with other weights"
      case .cloned: "cloned"
      case .routerKept: "router kept"
      case .routerRetrained: "router retrained, or weights beneath it changed"
      case .routerBiased: "constant added to router logits"
      case .routerScaled: "router logits scaled"
      case .expertAdded: "expert added"
      case .expertDeleted: "expert deleted"
      case .expertReplaced: "expert replaced"
      }
    }
  }

  /// A measured number.
  public struct Quantity: Codable, Sendable, Hashable {
    /// What was measured, such as `sparsity`.
    public let name: String
    /// Its value; finite.
    public let value: Double

    /// Names a number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// How sure the measurements are.
  public enum Confidence: String, Codable, Sendable, CaseIterable {
    /// The measurements leave no other explanation that was thought of.
    case clear
    /// Other explanations are less simple.
    case likely
    /// One explanation among others.
    case possible
  }

  /// What was done.
  public let kind: Kind
  /// To what: an expert's name as its model has it, or `model`.
  public let subject: String
  /// The measurements.
  public let quantities: [Quantity]
  /// How sure they are.
  public let confidence: Confidence

  /// A finding by parts.
  public init(
    _ kind: Kind, subject: String, quantities: [Quantity], confidence: Confidence
  ) {
    self.kind = kind
    self.subject = subject
    self.quantities = quantities
    self.confidence = confidence
  }
}
