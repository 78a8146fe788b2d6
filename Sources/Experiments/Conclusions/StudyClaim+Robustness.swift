/// Sections 5.3 to 5.5: tampering, and the number of samples.
extension StudyClaim {
  static func parametric(_ results: StudyResults) -> StudyClaim? {
    let tampered = results.suspects(results.plan.figures.parametric)
    let own = tampered.compactMap { $0.meanOwn(\.ownSimilarity) }
    guard let least = own.min() else { return nil }
    let ahead = tampered.filter { ($0.meanOwn(\.ownSimilarity) ?? 0) >= $0.reef }.count
    return StudyClaim(
      "Under parametric tampering RouteMark stays above 0.92 and above REEF.", "5.3, Table 2",
      "least \(digits(least)); at or above REEF in \(ahead) of \(tampered.count) rows",
      rule: "both in all rows; in part: the first", holds: least > 0.92 && ahead == tampered.count,
      inPart: least > 0.92)
  }

  static func weightsCollapse(_ results: StudyResults) -> StudyClaim? {
    let claim = "PCS collapses to near zero under pruning and permutation."
    let rule = "all below 0.1; in part: PCS-E or PCS-M of the permuted model is"
    guard let permuted = results.suspect("permuted"), let pruned = results.suspect("magnitude-30"),
      let permutedPCS = permuted.meanOwn(\.ownPCS), let prunedPCS = pruned.meanOwn(\.ownPCS)
    else {
      return StudyClaim(
        untested: claim, "5.3, Table 2", rule: rule, suspects: ["permuted", "magnitude-30"])
    }
    let values = [permutedPCS, permuted.modelPCS, prunedPCS, pruned.modelPCS]
    let texts = values.map { digits($0) }
    return StudyClaim(
      claim, "5.3, Table 2",
      "permuted: E \(texts[0]), M \(texts[1]); magnitude 30 %: E \(texts[2]), M \(texts[3])",
      rule: rule,
      holds: values.allSatisfy { abs($0) < 0.1 },
      inPart: abs(permutedPCS) < 0.1 || abs(permuted.modelPCS) < 0.1)
  }

  static func pruning(_ results: StudyResults) -> StudyClaim? {
    let points = results.plan.figures.pruning.compactMap { results.suspect($0.suspect) }
    guard let last = points.last, let own = last.meanOwn(\.ownSimilarity) else { return nil }
    return StudyClaim(
      "At 50 % WANDA RouteMark is above 0.9 while REEF falls to 0.4.", "5.3, Fig. 4",
      "RouteMark \(digits(own)), REEF \(digits(last.reef)), unbiased \(digits(last.unbiasedREEF))",
      rule: "both (REEF below 0.6); in part: the first", holds: own > 0.9 && last.reef < 0.6,
      inPart: own > 0.9)
  }

  static func longerTraining(_ results: StudyResults) -> StudyClaim? {
    let claim = "Twice as much fine-tuning lowers PCS-M further and leaves RouteMark as it is."
    let rule =
      "PCS-M falls by more than 0.05, RouteMark changes by at most 0.02; in part: the second"
    guard let once = results.suspect("fine-tuned"), let twice = results.suspect("fine-tuned-2x"),
      let first = once.meanOwn(\.ownSimilarity), let second = twice.meanOwn(\.ownSimilarity)
    else {
      return StudyClaim(
        untested: claim, "5.3, Table 2", rule: rule, suspects: ["fine-tuned", "fine-tuned-2x"])
    }
    let isStable = abs(first - second) <= 0.02
    return StudyClaim(
      claim, "5.3, Table 2",
      "PCS-M \(digits(once.modelPCS)) to \(digits(twice.modelPCS)), RouteMark \(digits(first)) to "
        + digits(second),
      rule: rule,
      holds: isStable && once.modelPCS - twice.modelPCS > 0.05, inPart: isStable)
  }

  static func permutation(_ results: StudyResults) -> StudyClaim? {
    let claim = "Permutation leaves RouteMark and REEF at 1.000."
    let rule = "both at least 0.9995"
    guard let permuted = results.suspect("permuted"),
      let own = permuted.meanOwn(\.ownSimilarity)
    else {
      return StudyClaim(untested: claim, "5.3, Table 2", rule: rule, suspects: ["permuted"])
    }
    return StudyClaim(
      claim, "5.3, Table 2",
      "RouteMark \(digits(own)), REEF \(digits(permuted.reef))",
      rule: rule, holds: min(own, permuted.reef) >= 0.9995)
  }

  static func structural(_ results: StudyResults) -> StudyClaim? {
    let own = results.suspects(results.structuralNames).compactMap { $0.meanOwn(\.ownSimilarity) }
    guard let least = own.min(), let largest = own.max() else { return nil }
    return StudyClaim(
      "Replacing, deleting or adding 1 to 3 experts leaves reused ones at about 0.9 or above.",
      "5.4, Fig. 5",
      "\(digits(least)) to \(digits(largest))", rule: "all at least 0.88; in part: at least 0.8",
      holds: least >= 0.88, inPart: least >= 0.8)
  }

  static func structuralWeights(_ results: StudyResults) -> StudyClaim? {
    let figures = results.plan.figures
    let series = [figures.replaced, figures.deleted].map { results.suspects($0) }
    guard series.allSatisfy({ $0.count > 1 }) else { return nil }
    let last = series.compactMap(\.last).flatMap { [$0.modelPCS, $0.modelICS] }
    let falls = series.allSatisfy { suspects in
      [\SuspectResult.modelPCS, \.modelICS].allSatisfy { value in
        (suspects.last?[keyPath: value] ?? 0) < (suspects.first?[keyPath: value] ?? 0)
      }
    }
    return StudyClaim(
      "PCS-M and ICS-M drop below 0.3 when three experts are replaced or deleted.", "5.4, Fig. 5",
      "replaced: \(digits(last[0])), \(digits(last[1])); deleted: \(digits(last[2])), "
        + digits(last[3]),
      rule: "all four; in part: all four are lower than with one expert changed",
      holds: last.allSatisfy { $0 < 0.3 }, inPart: falls)
  }

  static func aheadOfREEF(_ results: StudyResults) -> StudyClaim? {
    let leads = results.suspects(results.structuralNames).compactMap { suspect in
      suspect.meanOwn(\.ownSimilarity).map { $0 - suspect.reef }
    }
    guard let least = leads.min(), let largest = leads.max() else { return nil }
    return StudyClaim(
      "Under structural tampering RouteMark exceeds REEF by nearly 10 %.", "5.4, Fig. 5",
      "RouteMark minus REEF from \(digits(least)) to \(digits(largest))",
      rule: "at least 0.05 in all; in part: above REEF in all", holds: least >= 0.05,
      inPart: least > 0)
  }

  static func sampleSize(_ results: StudyResults) -> StudyClaim? {
    guard let least = results.sampleSizes.map(\.routeMark).min() else { return nil }
    return StudyClaim(
      "RouteMark is above 0.94 for every number of samples.", "5.5, Fig. 6",
      "least \(digits(least))", rule: "above 0.94; in part: above 0.9", holds: least > 0.94,
      inPart: least > 0.9)
  }

  static func reefDeclines(_ results: StudyResults) -> StudyClaim? {
    guard let first = results.sampleSizes.first, let last = results.sampleSizes.last,
      first.count < last.count
    else { return nil }
    let (drop, unbiasedDrop) =
      (first.reef - last.reef, first.unbiasedREEF - last.unbiasedREEF)
    return StudyClaim(
      "REEF declines as samples are added, because activations grow more complex.",
      "5.5, Fig. 6",
      "biased \(digits(first.reef)) to \(digits(last.reef)), unbiased "
        + "\(digits(first.unbiasedREEF)) to \(digits(last.unbiasedREEF))",
      rule: "both estimates fall by more than 0.05; in part: only the biased one does, so that the "
        + "reason is the estimator",
      holds: drop > 0.05 && unbiasedDrop > 0.05, inPart: drop > 0.05)
  }
}
