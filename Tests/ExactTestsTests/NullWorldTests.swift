import ExactTests
import Statistics
import Testing

/// Innocents of many kinds have p-values that are at least uniform.
///
/// They are counted against binomial bounds at 1 in 1,000. Everything is seeded, so a failure is a fault and no bad luck. Power stands beside it.
@Suite struct NullWorldTests {
  /// What innocents do: each a function of public things and dice of its own, never of the
  /// victim's seed.
  enum Innocent: CaseIterable {
    case sameRecipe, tenTimesAsLong, otherTask, base, meanOfOwnReruns, mainDirection, groove,
      sparse, huge

    func suspect(_ world: RunWorld, _ dice: inout Dice) -> [Double] {
      switch self {
      case .sameRecipe: return world.run(&dice)
      case .tenTimesAsLong:
        return sum((6, world.task), (2, world.grooves[0]), (0.5, dice.normals(world.task.count)))
      case .otherTask: return dice.normals(world.task.count)
      case .base: return world.task.map { _ in 0 }
      // Adaptive: an adversary re-runs the recipe himself, and aims where runs differ most.
      case .meanOfOwnReruns:
        return (0..<5).reduce(world.task) { known, _ in sum((1, known), (1, world.run(&dice))) }
      case .mainDirection: return world.task.indices.map { $0 == 0 ? 1 : 0 }
      case .groove: return world.grooves[1]
      case .sparse: return world.run(&dice).map { abs($0) < 2 ? 0 : $0 }
      case .huge: return world.run(&dice).map { 1e6 * $0 }
      }
    }
  }

  @Test("re-runs accuse no kind of innocent", arguments: Innocent.allCases)
  func reruns(kind: Innocent) throws {
    var dice = Dice(UInt64(Innocent.allCases.firstIndex(of: kind) ?? 0) + 1)
    for measure in RerunStatistics.Measure.allCases {
      var found = Accusations()
      for _ in 0..<500 {
        let world = RunWorld(dimension: 24, dice: &dice)
        let suspect = kind.suspect(world, &dice)
        let runs = (0...9).map { _ in world.run(&dice) }
        // A mask by the suspect's zeros is a function of the suspect.
        let masked =
          kind == .sparse
          ? runs.map { run in zip(run, suspect).map { $1 == 0 ? 0 : $0 } } : runs
        found.add(
          try RerunStatistics.rank(
            of: RerunGram(layers: [gram([suspect] + masked)]), by: measure
          ).pValue)
      }
      #expect(found.exceeded((1...9).map { Double($0) / 10 }).isEmpty)
    }
  }

  @Test("experts of a merge that share a suspect's dice combine exactly")
  func combined() throws {
    var dice = Dice(21)
    var found = Accusations()
    for _ in 0..<1500 {
      // The suspect's experts are one vector: dependence is his affair, not the victim's.
      let world = RunWorld(dimension: 10, dice: &dice)
      let suspect = world.run(&dice)
      var ranks: [RerunRank] = []
      for _ in 0..<3 {
        let runs = (0...4).map { _ in world.run(&dice) }
        ranks.append(
          try RerunStatistics.rank(of: RerunGram(layers: [gram([suspect] + runs)])))
      }
      found.add(try RankCombination(ranks).pValue)
    }
    #expect(found.exceeded().isEmpty)
    #expect(found.share(atMost: 0.1) > 0.04)
  }

  @Test("the largest over a suspect's experts accuses nobody")
  func largest() throws {
    var dice = Dice(22)
    var found = Accusations()
    for _ in 0..<500 {
      let world = RunWorld(dimension: 20, dice: &dice)
      let runs = (0...9).map { _ in world.run(&dice) }
      var values: [[Double]] = []
      for kind in Innocent.allCases {
        values.append(
          try RerunStatistics.values(
            of: RerunGram(layers: [gram([kind.suspect(world, &dice)] + runs)])))
      }
      found.add(
        try RerunRank(
          try RerunStatistics.largest(over: values), tieTolerance: RerunStatistics.tieTolerance
        ).pValue)
    }
    #expect(found.exceeded((1...9).map { Double($0) / 10 }).isEmpty)
  }

  @Test("a secret subset accuses nobody, whatever innocents trained on", arguments: 0..<5)
  func subsets(kind: Int) throws {
    var dice = Dice(UInt64(30 + kind))
    var (means, ranks) = (Accusations(), Accusations())
    for trial in 0..<600 {
      let classes = (0..<40).map { $0 % 4 }
      let difficulty = classes.map { Double($0) + dice.normal() }
      let losses: [Double] =
        switch kind {
        case 0: difficulty  // never saw the pool
        case 1: difficulty.map { $0 / 10 }  // trained on all of it
        case 2: difficulty.indices.map { difficulty[$0] - ($0 < 20 ? 3 : 0) }  // on half of it
        case 3: classes.map { -Double($0) }  // knows some classes only
        default: difficulty.indices.map { $0 == trial % 40 ? -1e9 : difficulty[$0] }  // one outlier
        }
      var used = [Bool](repeating: false, count: 40)
      for label in 0..<4 {
        let chosen = dice.subset(5, of: 10)
        for (place, index) in stride(from: label, to: 40, by: 4).enumerated() {
          used[index] = chosen[place]
        }
      }
      means.add(
        try SecretSubset(losses, used: used, classes: classes).outcome(
          draws: 199, seed: dice.seed()
        ).pValue)
      ranks.add(
        try SecretSubset(losses, used: used, classes: classes, score: .ranks)
          .outcome(seed: dice.seed()).pValue)
    }
    #expect(means.exceeded().isEmpty)
    #expect(ranks.exceeded().isEmpty)
  }

  @Test("keys accuse no suspect that does not know them", arguments: KeyedMark.Kind.allCases)
  func keys(kind: KeyedMark.Kind) throws {
    var dice = Dice(kind == .signs ? 41 : 42)
    var found = Accusations()
    for trial in 0..<3000 {
      let reference = (0..<40).map { _ in Float(dice.normal()) }
      let suspect: [Float] =
        switch trial % 4 {
        case 0: reference.map { $0 + Float(dice.normal() / dice.uniform()) }  // heavy tails
        case 1: reference.map { ($0 * 2).rounded() / 2 }  // quantised
        case 2: reference.map { abs($0) < 1 ? 0 : $0 + 1 }  // pruned
        default: reference.enumerated().map { $0 == 3 ? $1 + 5 : $1 }  // one weight alone
        }
      let key = (0..<40).map { _ in
        kind == .signs ? Float(dice.index(below: 2) * 2 - 1) : Float(dice.normal())
      }
      var mark = try KeyedMark(kind: kind)
      try mark.add(suspect: suspect, reference: reference, key: key, leavingOutZeros: true)
      found.add(mark.pValue)
    }
    #expect(found.exceeded().isEmpty)
    // Exact for normal keys, a bound for signs.
    #expect(kind == .signs || found.share(atMost: 0.05) > 0.035)
  }

  @Test("subset, re-runs given it and key combine to p-values that are at least uniform")
  func fisher() throws {
    var dice = Dice(51)
    var found = Accusations()
    for _ in 0..<1500 {
      let losses = dice.normals(12)
      let subset = try SecretSubset(losses, used: dice.subset(6, of: 12)).outcome(seed: 0).result()
      // The re-runs' statistic depends on the subset as well: exact given it.
      let runs = (0...9).map { _ in losses[0] + dice.normal() }
      let rank = try RerunRank(runs, givenSubset: true).result()
      var mark = try KeyedMark(kind: .gaussian)
      try mark.add(
        suspect: runs.map(Float.init), reference: [Float](repeating: 0, count: 10),
        key: (0..<10).map { _ in Float(dice.normal()) }, leavingOutZeros: false)
      found.add(try FisherCombination.combining([subset, rank, try mark.result()]).pValue)
    }
    #expect(found.exceeded().isEmpty)
    #expect(found.share(atMost: 0.1) > 0.05)
  }

  @Test("at most 1 % of innocent merges of four experts have even one consistent verdict")
  func verdicts() throws {
    var dice = Dice(61)
    let rule = try ExactVerdictRule()
    var (accused, leaning) = (0, 0)
    for _ in 0..<1000 {
      // One suspect's dice in all four experts.
      let shared = dice.normal()
      var evidence: [ExpertEvidence] = []
      for expert in 0..<4 {
        let values = (0...399).map { _ in shared * dice.normal() }
        evidence.append(
          try ExpertEvidence(
            expert: "\(expert)", victim: nil, tests: [try RerunRank(values).result()]))
      }
      let words = try rule.verdicts(evidence).map(\.conclusion)
      if words.contains(.consistentWithReuse) { accused += 1 }
      if words.contains(.leaningToReuse) { leaning += 1 }
    }
    #expect(BinomialBound.upperTail(events: accused, trials: 1000, rate: 0.01) >= 0.001)
    #expect(BinomialBound.upperTail(events: accused + leaning, trials: 1000, rate: 0.05) >= 0.001)
  }
}
