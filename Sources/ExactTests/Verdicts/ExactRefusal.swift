/// Why a test that ranks or permutes the owner's dice was not run.
public enum ExactRefusal: String, Codable, Sendable, Hashable, CaseIterable {
  /// The victim was trained with a seed that many people use.
  case popularSeed = "popular-seed"
  /// The suspect's own record states the victim's seed.
  case sharedSeed = "shared-seed"
  /// The owner cannot run the recipe again.
  case noRecipe = "no-recipe"
  /// The victim is further from its re-runs than they are from another task's.
  case rerunsOfAnotherTask = "re-runs-of-another-task"
  /// The victim was not trained from the base of the examination.
  case anotherParent = "another-parent"
  /// The suspect is in coordinates that cannot be compared.
  case incomparableCoordinates = "incomparable-coordinates"

  /// Whether it says that re-runs cannot rank the victim, so that no such rank may count.
  public var refusesReruns: Bool {
    switch self {
    case .popularSeed, .sharedSeed, .noRecipe, .rerunsOfAnotherTask: true
    case .anotherParent, .incomparableCoordinates: false
    }
  }

  /// The reason in one sentence, without a full stop.
  public var explanation: String {
    switch self {
    case .popularSeed:
      "the victim's seed is one that many people use, so it was no secret and re-runs say nothing"
    case .sharedSeed:
      "the suspect's record states the victim's seed: what the two share may come from that alone, "
        + "if the record, which is the suspect's own claim, is true"
    case .noRecipe: "the owner cannot run the victim's recipe again"
    case .rerunsOfAnotherTask:
      "the victim is further from its re-runs than from another task's, so they do not repeat its recipe"
    case .anotherParent: "the victim was not trained directly from the base of this examination"
    case .incomparableCoordinates: "the suspect is not in coordinates that can be compared"
    }
  }
}
