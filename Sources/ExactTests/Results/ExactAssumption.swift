/// What a test takes for granted.
///
/// Reports print it beside the p-value.
/// All but the last are about the owner's own dice, never about how an innocent works: the suspect
/// is fixed and what is ranked is what the owner could have drawn.
public enum ExactAssumption: String, Codable, Sendable, Hashable, CaseIterable {
  /// Re-runs of the whole recipe with fresh seeds.
  case freshSeeds = "fresh-seeds"
  /// Re-runs on the victim's own images, with fresh seeds for everything else.
  case freshSeedsGivenSubset = "fresh-seeds-given-subset"
  /// Re-runs of several experts, no two of which share a seed.
  case independentFreshSeeds = "independent-fresh-seeds"
  /// A secret subset of a pool, drawn uniformly.
  case uniformSubset = "uniform-subset"
  /// A secret subset of a pool, drawn uniformly within each class.
  case uniformSubsetWithinClasses = "uniform-subset-within-classes"
  /// A secret key of normal numbers.
  case secretGaussianKey = "secret-gaussian-key"
  /// A secret key of signs.
  case secretSignKey = "secret-sign-key"
  /// Several tests of one expert, in an order in which each holds given those before.
  case eachGivenFormer = "each-given-former"
  /// Several tests of one expert that may depend on each other.
  case anyDependence = "any-dependence"
  /// A suspect that was made as the null experts were. It is about innocents, so no verdict rests on it.
  case exchangeableWithNulls = "exchangeable-with-nulls"

  /// Whether a verdict may rest on it.
  public var isAboutOwnersRandomness: Bool { self != .exchangeableWithNulls }

  /// The assumption in one sentence.
  public var sentence: String {
    switch self {
    case .freshSeeds:
      "The victim's seed was random and secret, and the re-runs repeat the victim's whole recipe, "
        + "selection included, with seeds drawn afresh."
    case .freshSeedsGivenSubset:
      "The victim's seed was random and secret, and the re-runs repeat the victim's recipe on the "
        + "victim's own images with seeds drawn afresh."
    case .independentFreshSeeds:
      "Each expert's seed was random and secret, the re-runs repeat its whole recipe, and no two "
        + "experts or re-runs share a seed."
    case .uniformSubset:
      "The used images were drawn uniformly from the pool, and the draw was secret when the suspect "
        + "was made."
    case .uniformSubsetWithinClasses:
      "The used images were drawn uniformly within each class of the pool, and the draw was secret "
        + "when the suspect was made."
    case .secretGaussianKey:
      "The key was drawn at random and secret, and the suspect was compared with the unmarked "
        + "weights by rules that do not look at the key. Its normal numbers are as good as random."
    case .secretSignKey:
      "The key was drawn at random and secret, and the suspect was compared with the unmarked "
        + "weights by rules that do not look at the key. Its signs are as good as random."
    case .eachGivenFormer:
      "Each test holds given what the tests before it used: the subset first, then re-runs on that "
        + "subset, then the key."
    case .anyDependence:
      "Each test's own assumption; the tests may depend on each other in any way."
    case .exchangeableWithNulls:
      "An innocent suspect was made as the null experts were. Nobody can know that, so this is "
        + "screening."
    }
  }
}
