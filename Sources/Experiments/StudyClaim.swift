import Reports

/// A claim of the paper, held against a study.
public struct StudyClaim: Sendable, Hashable {
  /// What became of a claim.
  public enum Outcome: String, Sendable, Hashable {
    case reproduced
    case inPart = "in part"
    case notReproduced = "not reproduced"
  }

  /// What the paper says.
  public let claim: String
  /// What the study measured.
  public let measured: String
  /// By the rule in ``rule``.
  public let outcome: Outcome
  /// When a claim counts as reproduced, and when in part.
  public let rule: String

  /// The paper's claims that the study can speak to.
  public static func all(_ results: StudyResults) -> [StudyClaim] {
    [
      reusedAreMatched(results), offDiagonal(results), newcomers(results), parametric(results),
      permutation(results), weightsCollapse(results), structural(results), pruning(results),
      sampleSize(results), reefDeclines(results), innocents(results),
    ].compactMap { $0 }
  }

  private init(
    _ claim: String, _ measured: String, rule: String, holds: Bool, inPart: Bool = false
  ) {
    self.claim = claim
    self.measured = measured
    self.rule = rule
    outcome = holds ? .reproduced : inPart ? .inPart : .notReproduced
  }

  private static func digits(_ value: Double) -> String { FixedDigits.text(value) }

  private static func suspects(_ results: StudyResults, _ names: [String]) -> [SuspectResult] {
    names.compactMap { results.suspect($0) }
  }

  private static func reusedAreMatched(_ results: StudyResults) -> StudyClaim? {
    let columns = results.suspects.compactMap(\.rightColumns)
    let (right, all) = columns.reduce((0, 0)) { ($0.0 + $1.right, $0.1 + $1.all) }
    guard all > 0 else { return nil }
    let share = Double(right) / Double(all)
    return StudyClaim(
      "Reused experts match their own victim expert best, under all tamperings.",
      "\(right) of \(all) columns", rule: "all columns; in part: 9 of 10", holds: right == all,
      inPart: share >= 0.9)
  }

  private static func offDiagonal(_ results: StudyResults) -> StudyClaim? {
    guard let victim = results.suspect("victim") else { return nil }
    let others = victim.similarity.enumerated().flatMap { row, values in
      values.enumerated().filter { $0.offset != row }.map(\.element)
    }
    guard !others.isEmpty else { return nil }
    let below = others.filter { $0 < 0.2 }.count
    return StudyClaim(
      "Within the victim most similarities of different experts are below 0.20.",
      "\(below) of \(others.count), the largest \(digits(others.max() ?? 0))",
      rule: "more than half; in part: their mean is below 0.25", holds: 2 * below > others.count,
      inPart: others.reduce(0, +) / Double(others.count) < 0.25)
  }

  private static func newcomers(_ results: StudyResults) -> StudyClaim? {
    let figures = results.plan.figures
    let margins = suspects(results, figures.added + figures.replaced)
      .flatMap { $0.experts.filter { $0.truth == .stranger }.compactMap(\.margin) }
    guard let largest = margins.max() else { return nil }
    return StudyClaim(
      "New experts have no clear match: margins of 0.06 to 0.10.",
      "\(margins.count) columns, margins up to \(digits(largest))",
      rule: "all at most 0.15; in part: all below the 0.35 of \"consistent\"",
      holds: largest <= 0.15, inPart: largest < 0.35)
  }

  private static func parametric(_ results: StudyResults) -> StudyClaim? {
    let tampered = suspects(results, results.plan.figures.parametric)
    let own = tampered.compactMap { $0.meanOwn(\.ownSimilarity) }
    guard let least = own.min() else { return nil }
    let ahead = tampered.filter { ($0.meanOwn(\.ownSimilarity) ?? 0) >= $0.reef }.count
    return StudyClaim(
      "Under parametric tampering RouteMark stays above 0.92 and above REEF.",
      "least \(digits(least)); at or above REEF in \(ahead) of \(tampered.count) rows",
      rule: "both in all rows; in part: the first", holds: least > 0.92 && ahead == tampered.count,
      inPart: least > 0.92)
  }

  private static func permutation(_ results: StudyResults) -> StudyClaim? {
    guard let permuted = results.suspect("permuted"),
      let own = permuted.meanOwn(\.ownSimilarity)
    else { return nil }
    return StudyClaim(
      "Permutation leaves RouteMark and REEF at 1.000.",
      "RouteMark \(digits(own)), REEF \(digits(permuted.reef))",
      rule: "both at least 0.9995", holds: min(own, permuted.reef) >= 0.9995)
  }

  private static func weightsCollapse(_ results: StudyResults) -> StudyClaim? {
    guard let permuted = results.suspect("permuted"), let pruned = results.suspect("magnitude-30"),
      let permutedPCS = permuted.meanOwn(\.ownPCS), let prunedPCS = pruned.meanOwn(\.ownPCS)
    else { return nil }
    let values = [permutedPCS, permuted.modelPCS, prunedPCS, pruned.modelPCS]
    let texts = values.map { digits($0) }
    return StudyClaim(
      "PCS collapses to near zero under pruning and permutation.",
      "permuted: E \(texts[0]), M \(texts[1]); magnitude 30 %: E \(texts[2]), M \(texts[3])",
      rule: "all below 0.1; in part: PCS-E or PCS-M of the permuted model is",
      holds: values.allSatisfy { abs($0) < 0.1 },
      inPart: abs(permutedPCS) < 0.1 || abs(permuted.modelPCS) < 0.1)
  }

  private static func structural(_ results: StudyResults) -> StudyClaim? {
    let figures = results.plan.figures
    let changed = suspects(results, figures.replaced + figures.deleted + figures.added)
    let own = changed.compactMap { $0.meanOwn(\.ownSimilarity) }
    guard let least = own.min(), let largest = own.max() else { return nil }
    return StudyClaim(
      "Replacing, deleting or adding 1 to 3 experts leaves reused ones at about 0.9 or above.",
      "\(digits(least)) to \(digits(largest))", rule: "all at least 0.88; in part: at least 0.8",
      holds: least >= 0.88, inPart: least >= 0.8)
  }

  private static func pruning(_ results: StudyResults) -> StudyClaim? {
    let points = results.plan.figures.pruning.compactMap { results.suspect($0.suspect) }
    guard let last = points.last, let own = last.meanOwn(\.ownSimilarity) else { return nil }
    return StudyClaim(
      "At 50 % WANDA RouteMark is above 0.9 while REEF falls to 0.4.",
      "RouteMark \(digits(own)), REEF \(digits(last.reef)), unbiased \(digits(last.unbiasedREEF))",
      rule: "both (REEF below 0.6); in part: the first", holds: own > 0.9 && last.reef < 0.6,
      inPart: own > 0.9)
  }

  private static func sampleSize(_ results: StudyResults) -> StudyClaim? {
    guard let least = results.sampleSizes.map(\.routeMark).min() else { return nil }
    return StudyClaim(
      "RouteMark is above 0.94 for every number of samples.", "least \(digits(least))",
      rule: "above 0.94; in part: above 0.9", holds: least > 0.94, inPart: least > 0.9)
  }

  private static func reefDeclines(_ results: StudyResults) -> StudyClaim? {
    guard let first = results.sampleSizes.first, let last = results.sampleSizes.last,
      first.count < last.count
    else { return nil }
    let (drop, unbiasedDrop) =
      (first.reef - last.reef, first.unbiasedREEF - last.unbiasedREEF)
    return StudyClaim(
      "REEF declines as samples are added, because activations grow more complex.",
      "biased \(digits(first.reef)) to \(digits(last.reef)), unbiased "
        + "\(digits(first.unbiasedREEF)) to \(digits(last.unbiasedREEF))",
      rule: "both estimates fall by more than 0.05; in part: only the biased one does",
      holds: drop > 0.05 && unbiasedDrop > 0.05, inPart: drop > 0.05)
  }

  private static func innocents(_ results: StudyResults) -> StudyClaim? {
    let innocent = results.suspects.flatMap { suspect in
      suspect.experts.filter { $0.truth == .independent }
    }
    guard !innocent.isEmpty else { return nil }
    let accused = innocent.filter { $0.verdict.hasPrefix("consistent") }.count
    let mean = innocent.map(\.similarity).reduce(0, +) / Double(innocent.count)
    return StudyClaim(
      "Unrelated experts are clearly separated from reused ones (innocents were not tried).",
      "\(accused) of \(innocent.count) independent experts of the same tasks accused, mean "
        + "similarity \(digits(mean))",
      rule: "none accused; in part: fewer than half", holds: accused == 0,
      inPart: 2 * accused < innocent.count)
  }
}
