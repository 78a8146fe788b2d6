import Reports

/// A claim of the paper, held against a study.
public struct StudyClaim: Sendable, Hashable {
  /// What became of a claim.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    case reproduced
    case inPart = "in part"
    case notReproduced = "not reproduced"
    /// The study has no suspect that the claim speaks of.
    case untested
  }

  /// What the paper says.
  public let claim: String
  /// Where it says so.
  public let section: String
  /// What the study measured.
  public let measured: String
  /// By the rule in ``rule``.
  public let outcome: Outcome
  /// When a claim counts as reproduced, and when in part.
  public let rule: String

  /// The paper's claims that the study can speak to, in the order of its sections.
  public static func all(_ results: StudyResults) -> [StudyClaim] {
    [
      taskAlignedRouting(results), reusedAreMatched(results), offDiagonal(results),
      margins(results), newcomers(results), innocents(results), parametric(results),
      weightsCollapse(results), pruning(results), longerTraining(results), permutation(results),
      structural(results), structuralWeights(results), aheadOfREEF(results), sampleSize(results),
      reefDeclines(results),
    ].compactMap { $0 }
  }

  init(
    _ claim: String, _ section: String, _ measured: String, rule: String, holds: Bool,
    inPart: Bool = false
  ) {
    self.claim = claim
    self.section = section
    self.measured = measured
    self.rule = rule
    outcome = holds ? .reproduced : inPart ? .inPart : .notReproduced
  }

  /// A claim about suspects that the study does not have, by the names that plans give them.
  init(untested claim: String, _ section: String, rule: String, suspects: [String]) {
    self.claim = claim
    self.section = section
    self.rule = rule
    let names = suspects.map { "`\($0)`" }.joined(separator: " and ")
    measured = "nothing: the plan has no suspect \(names)"
    outcome = .untested
  }

  static func digits(_ value: Double) -> String { FixedDigits.text(value) }
}

extension StudyResults {
  /// Suspects by name, those that are there.
  func suspects(_ names: [String]) -> [SuspectResult] { names.compactMap { suspect($0) } }

  /// The names of all suspects of figure 5.
  var structuralNames: [String] {
    plan.figures.replaced + plan.figures.deleted + plan.figures.added
  }
}
