import Calibration
import Foundation
import Statistics
import Testing

@Suite struct DecisionTests {
  /// Functional evidence on three victim experts of different tasks.
  private struct World {
    var experts: SeededExperts
    var tasks: [Response]
    var victims: [Response]
    var nulls: [[Response]]

    init(seed: UInt64, nulls count: Int = 8) {
      experts = SeededExperts(seed: seed)
      tasks = []
      victims = []
      nulls = []
      for _ in 0..<3 {
        let task = experts.vector()
        tasks.append(task)
        victims.append(experts.expert(of: task))
        nulls.append((0..<count).map { _ in experts.expert(of: task) })
      }
    }

    func grams(_ suspects: [Response]) throws -> [ResponseGram] {
      try victims.indices.flatMap { row in
        try suspects.enumerated().map { column, suspect in
          try gram(
            [victims[row], suspect] + nulls[row], victim: "e\(row)", suspect: "x\(column)")
        }
      }
    }

    func result(
      _ suspects: [Response], leavingOut: (ResponseGram) -> Bool = { _ in false },
      options: CalibrationOptions = .standard
    ) throws -> CalibrationResult {
      // Routing plays no part here: one task, so it is not checked.
      let victim = try fingerprint([[[1.0], [0], [0]]])
      let suspect = try fingerprint(
        [suspects.indices.map { [Double($0)] }], experts: suspects.indices.map { "x\($0)" })
      let input = try CalibrationInput(
        pool: pool(nulls[0].count), responseGrams: try grams(suspects).filter { !leavingOut($0) },
        options: options)
      return try CalibrationResult(input, victim: victim, suspect: suspect)
    }
  }

  @Test(
    "reused, innocent and foreign experts get the verdict they deserve", arguments: UInt64(0)..<3)
  func verdicts(seed: UInt64) throws {
    var world = World(seed: seed)
    let suspects = [
      world.experts.add(world.victims[2], world.experts.vector(), 0.3),
      world.experts.expert(of: world.tasks[0]),
      world.experts.vector(),
    ]
    let evidence = try #require(try world.result(suspects).functional)
    let decisions = evidence.decisions
    #expect(decisions.map(\.isAssigned) == [true, true, false])
    #expect(decisions.prefix(2).map(\.victimExpert) == ["e2", "e0"])
    #expect(decisions[0].verdict == .unlikeOthers(of: "e2"))
    #expect(try #require(decisions[0].adjustedP) <= 0.01)
    #expect(decisions[1].verdict != .unlikeOthers(of: "e0"))
    #expect(decisions[2].verdict != .unlikeOthers(of: decisions[2].victimExpert))
    #expect(evidence.model.pairCount == 2)
  }

  @Test("p-values are adjusted by Holm over the suspect's experts")
  func holm() throws {
    var world = World(seed: 5)
    let suspects = world.tasks.map { world.experts.expert(of: $0) }
    let decisions = try world.result(suspects).decisions
    let adjusted = Holm.adjusted(decisions.compactMap(\.pValue))
    #expect(decisions.compactMap(\.adjustedP) == adjusted)
  }

  @Test("two copies of one expert are both found, one of them assigned")
  func clones() throws {
    var world = World(seed: 6)
    let suspects = [
      world.victims[0], world.experts.add(world.victims[0], world.experts.vector(), 0.1),
    ]
    let decisions = try world.result(suspects).decisions
    #expect(decisions.allSatisfy { $0.verdict == .unlikeOthers(of: "e0") })
    #expect(decisions.count { $0.isAssigned } == 1)
  }

  @Test("pairs without inner products are not compared; other pairs are")
  func missingPairs() throws {
    let world = World(seed: 7)
    let decisions = try world.result(
      [world.victims[0], world.victims[1]], leavingOut: { $0.suspectExpert == "x1" }
    ).decisions
    #expect(decisions[0].verdict == .unlikeOthers(of: "e0"))
    #expect(decisions[1].verdict == .inconclusive(.notCompared))
    #expect(decisions[1].pValue == nil && decisions[1].test == nil)
    #expect(decisions[0].adjustedP == decisions[0].pValue, "one test needs no adjustment")
  }

  @Test("too few nulls for the level say how many are needed")
  func tooFewNulls() throws {
    let few = World(seed: 8, nulls: 2)
    let decision = try #require(try few.result([few.victims[0]]).decisions.first)
    #expect(decision.verdict == .inconclusive(.tooFewNulls(have: 2, needed: 3)))
    #expect(decision.verdict.remedies(.routing).first == "3 nulls")
    let world = World(seed: 8)
    let within = try world.result(
      [world.victims[0]], options: CalibrationOptions(statistic: .withinTask, noEvidenceLevel: 0.2))
    #expect(
      within.decisions.first?.verdict == .inconclusive(.tooFewNulls(have: 8, needed: 99)))
    let pooled = try world.result(
      world.victims, options: CalibrationOptions(statistic: .pooledConformal))
    #expect(
      pooled.decisions.first?.verdict == .inconclusive(.tooFewNulls(have: 24, needed: 299)),
      "three tests at 1 % need 299 nulls")
  }

  @Test("nulls that are all the same have no distribution")
  func equalNulls() throws {
    var world = World(seed: 9)
    for row in world.nulls.indices {
      world.nulls[row] = [Response](repeating: world.nulls[row][0], count: 8)
    }
    let decision = try #require(try world.result([world.victims[0]]).decisions.first)
    #expect(decision.verdict == .inconclusive(.nullsDoNotVary))
  }

  @Test("the rule: adjusted p up to the level, p above the other level, and what lies between")
  func rule() throws {
    let options = try CalibrationOptions(consistentLevel: 0.01, noEvidenceLevel: 0.1)
    let world = World(seed: 10)
    let scores = ResidualScores(try world.grams([world.victims[0]])[0], weighting: .uniform)
    let test = ReuseTest(scores, pool: [scores])
    func verdict(_ adjusted: Double) -> CalibratedVerdict {
      test.verdict(adjustedP: adjusted, testCount: 1, options: options)
    }
    #expect(verdict(0.01) == .unlikeOthers(of: "e0"))
    #expect(verdict(0.02) == .inconclusive(.betweenLevels))
  }

  @Test("weights that share little are never unlike others, however rare that is")
  func floor() throws {
    let options = CalibrationOptions.standard
    let world = World(seed: 10)
    let scores = ResidualScores(try world.grams([world.victims[0]])[0], weighting: .uniform)
    let test = ReuseTest(scores, pool: [scores])
    func verdict(_ floor: Double) -> CalibratedVerdict {
      test.verdict(adjustedP: 1e-6, testCount: 1, options: options, floor: floor)
    }
    #expect(verdict(scores.score - 0.01) == .unlikeOthers(of: "e0"))
    #expect(verdict(scores.score + 0.01) == .inconclusive(.smallResidual))
  }

  @Test("innocents who share with the victim what no null has are rare, and not accused")
  func uncovered() throws {
    var world = World(seed: 12)
    let recipe = world.experts.vector()
    for row in world.victims.indices {
      world.victims[row] = world.experts.add(world.victims[row], recipe, 2)
    }
    let innocents = world.tasks.map {
      world.experts.add(world.experts.expert(of: $0), recipe, 0.7)
    }
    let evidence = try #require(try world.result(innocents).functional)
    #expect(try #require(evidence.model.pValue) <= 0.01)
    #expect(evidence.model.verdict == .inconclusive(.smallResidual))
    let decisions = evidence.decisions
    for decision in decisions {
      let test = try #require(decision.test)
      #expect(!test.scores.coverage.isCovered)
      #expect(test.scores.score > 0.4 && test.scores.score < 0.6, "\(test.scores.score)")
      #expect(try #require(decision.adjustedP) <= 0.01)
      #expect(decision.verdict == .inconclusive(.smallResidual))
    }
    let lax = try world.result(
      innocents, options: CalibrationOptions(leastUncoveredResidual: 0.4))
    #expect(lax.decisions.allSatisfy { $0.verdict == .unlikeOthers(of: $0.victimExpert) })
    let copies = try world.result(world.victims).decisions
    #expect(copies.allSatisfy { $0.verdict == .unlikeOthers(of: $0.victimExpert) })
  }

  @Test("a victim that is one more null is explained worst in 1 of K + 1 cases")
  func coverageOfNulls() throws {
    var uncovered = 0
    for seed in UInt64(0)..<60 {
      let world = World(seed: 1000 + seed)
      let decisions = try world.result(world.victims).decisions
      uncovered += decisions.count { !($0.test?.scores.coverage.isCovered ?? true) }
    }
    // 20 of 180 are expected; 8 and 34 are found in fewer than 1 of 500 draws each.
    #expect((8...34).contains(uncovered), "\(uncovered) of 180")
  }

  @Test("options out of range are refused", arguments: [0.0, 1, -1, .nan])
  func options(level: Double) {
    #expect(throws: CalibrationError.self) { try CalibrationOptions(consistentLevel: level) }
    #expect(throws: CalibrationError.self) {
      try CalibrationOptions(leastFunctionalResidual: level - 3)
    }
    #expect(throws: CalibrationError.self) {
      try CalibrationOptions(leastFunctionalResidual: 0.5, leastUncoveredResidual: level - 0.6)
    }
    #expect(throws: CalibrationError.self) {
      try CalibrationOptions(consistentLevel: 0.2, noEvidenceLevel: 0.1)
    }
  }

  @Test("what resembles nobody and is far from the base is not acquitted", arguments: UInt64(0)..<3)
  func otherCoordinates(seed: UInt64) throws {
    var world = World(seed: seed)
    // The opposite of every task resembles nobody.
    let opposite = world.tasks.dropFirst().reduce(world.tasks[0]) {
      world.experts.add($0, $1, 1)
    }
    func multiple(_ response: Response, _ factor: Double) -> Response {
      response.map { $0.map { factor * $0 } }
    }
    let suspects = [
      multiple(opposite, -30), multiple(opposite, -0.5), multiple(world.tasks[0], 30),
    ]
    #expect(try world.grams([suspects[0]]).allSatisfy(\.isUnlikeAny))
    let decisions = try #require(try world.result(suspects).functional).decisions
    #expect(decisions[0].verdict == .inconclusive(.otherCoordinates))
    // Near the base it is another task's work; large and alike it is compared.
    #expect(decisions[1].verdict == .noEvidenceOfReuse)
    #expect(decisions[2].verdict != .inconclusive(.otherCoordinates))
  }

  @Test("every verdict reads back as it was written")
  func coding() throws {
    let all: [CalibratedVerdict] = [
      .unlikeOthers(of: "a"), .noEvidenceOfReuse, .inconclusive(.betweenLevels),
      .inconclusive(.smallResidual),
      .inconclusive(.tooFewNulls(have: 8, needed: 99)), .inconclusive(.nullsDoNotVary),
      .inconclusive(.notCompared), .inconclusive(.otherCoordinates),
      .notApplicable(.victimRouter), .notApplicable(.suspectRouter),
    ]
    let data = try JSONEncoder().encode(all)
    #expect(try JSONDecoder().decode([CalibratedVerdict].self, from: data) == all)
    for verdict in all where verdict.explanation != nil {
      #expect(!verdict.remedies(.routing).isEmpty)
    }
  }

  @Test("Gram matrices of unknown experts, twice given or of another pool are refused")
  func refusals() throws {
    let world = World(seed: 11)
    let grams = try world.grams([world.victims[0]])
    #expect(throws: CalibrationError.duplicateGram(pair: "`e0` / `x0`")) {
      try CalibrationInput(pool: pool(8), responseGrams: grams + [grams[0]])
    }
    #expect(
      throws: CalibrationError.wrongNullCount(subject: "pair `e0` / `x0`", expected: 9, actual: 8)
    ) { try CalibrationInput(pool: pool(9), responseGrams: grams) }
    let input = try CalibrationInput(pool: pool(8), responseGrams: grams)
    let victim = try fingerprint([[[1.0], [0], [0]]])
    #expect(throws: CalibrationError.unknownExpert(role: "suspect", name: "x0")) {
      try CalibrationResult(input, victim: victim, suspect: victim)
    }
  }

  @Test("a screened collection is adjusted as a whole")
  func screening() throws {
    var world = World(seed: 12)
    let innocents = (0..<4).map { _ in world.tasks.map { world.experts.expert(of: $0) } }
    var suspects = try innocents.enumerated().map {
      (label: "innocent \($0.offset)", result: try world.result($0.element))
    }
    suspects.append(("copy", try world.result(world.victims)))
    let screening = CollectionScreening(suspects)
    #expect(screening.entries.count == 15 && screening.untestedCount == 0)
    let found = screening.found(falseDiscoveryRate: 0.01)
    #expect(Set(found.map(\.suspect)) == ["copy"] && found.count == 3)
    #expect(
      screening.entries.map(\.adjustedP)
        == BenjaminiHochberg.adjusted(screening.entries.map(\.pValue)))
  }
}
