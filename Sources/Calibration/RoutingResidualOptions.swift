/// How score fingerprints are compared beyond the task, one choice against each attack.
///
/// A choice is made for victim, suspect and null merges alike, so that a suspect stays
/// exchangeable with the nulls.
public struct RoutingResidualOptions: Codable, Sendable, Hashable {
  /// What is subtracted from mean signals.
  public enum Centring: String, Codable, Sendable, CaseIterable {
    /// The mean over experts (equation 9).
    case experts
    /// That, and each expert's mean over tasks in each layer: a constant that somebody added to
    /// an expert's logit is gone.
    case expertsAndTasks
  }

  /// How experts of two models are matched.
  public enum Matching: String, Codable, Sendable, CaseIterable {
    /// An expert is the same slot in every layer.
    case byExpert
    /// Slots are matched layer by layer, and layers vote on which expert they are: experts that
    /// somebody shuffled in each layer are put together again.
    case byLayer
  }

  /// In which units scores are compared.
  public enum Scaling: String, Codable, Sendable, CaseIterable {
    /// As recorded; a temperature common to all layers leaves cosines as they are.
    case asRecorded
    /// Every layer of every model has root mean square 1 over tasks and experts: temperatures of
    /// single layers are gone.
    case unitLayers
  }

  /// What is subtracted from mean signals.
  public var centring: Centring
  /// How experts of two models are matched.
  public var matching: Matching
  /// In which units scores are compared.
  public var scaling: Scaling

  /// Options by name.
  public init(
    centring: Centring = .experts, matching: Matching = .byExpert, scaling: Scaling = .asRecorded
  ) {
    self.centring = centring
    self.matching = matching
    self.scaling = scaling
  }
}
