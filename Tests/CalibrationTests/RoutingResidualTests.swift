import Calibration
import Foundation
import RoutingFingerprints
import Statistics
import Testing

@Suite struct RoutingResidualTests {
  private func evidence(
    _ victim: [[[Double]]], _ suspect: [[[Double]]], nulls: [[[[Double]]]],
    options: RoutingResidualOptions = RoutingResidualOptions()
  ) throws -> CalibratedEvidence {
    let input = try CalibrationInput(
      pool: pool(nulls.count), nullFingerprints: try nulls.map { try fingerprint($0) },
      options: CalibrationOptions(routing: options))
    let result = try CalibrationResult(
      input, victim: try fingerprint(victim), suspect: try fingerprint(suspect))
    return try #require(result.routing)
  }

  private func world(_ seed: UInt64) -> (victim: [[[Double]]], nulls: [[[[Double]]]], SeededRouters)
  {
    var routers = SeededRouters(seed: seed)
    let victim = routers.means()
    return (victim, (0..<8).map { _ in routers.means() }, routers)
  }

  /// Decisions that name the right victim expert at the level.
  private func found(_ evidence: CalibratedEvidence) -> Int {
    evidence.decisions.count {
      $0.isAssigned && $0.victimIndex == $0.suspectIndex
        && $0.verdict == .unlikeOthers(of: $0.victimExpert)
    }
  }

  @Test("a copied router is found for every expert and as a whole", arguments: UInt64(0)..<3)
  func copy(seed: UInt64) throws {
    var (victim, nulls, routers) = world(seed)
    let evidence = try evidence(victim, routers.near(victim, noise: 0.1), nulls: nulls)
    #expect(found(evidence) == 5)
    #expect(evidence.model.pairCount == 5)
    #expect(evidence.model.verdict.words == "unlike other people's work (screening)")
    #expect(try #require(evidence.model.test).withinTaskP == 1.0 / 9)
  }

  @Test("an independent merge of the same tasks is not accused", arguments: UInt64(10)..<16)
  func innocent(seed: UInt64) throws {
    var (victim, nulls, routers) = world(seed)
    let evidence = try evidence(victim, routers.means(), nulls: nulls)
    #expect(found(evidence) == 0)
    #expect(evidence.decisions.allSatisfy { $0.isAssigned }, "tasks are recognised all the same")
    #expect(evidence.model.verdict != .unlikeOthers(of: "all matched experts"))
  }

  @Test("a rare expert is called reuse where its merge is rare as well, and nowhere else")
  func mergeNotRare() throws {
    var (called, notCalled) = (0, 0)
    for seed in UInt64(80)..<84 {
      var routers = SeededRouters(seed: seed, count: 12)
      let victim = routers.means()
      let nulls = (0..<8).map { _ in routers.means() }
      let copy = routers.near(victim, noise: 0.1)
      let suspect = zip(routers.means(), copy).map { own, copied in [copied[0]] + own.dropFirst() }
      let evidence = try evidence(victim, suspect, nulls: nulls)
      let isRare = try #require(evidence.model.pValue) <= 0.01
      for decision in evidence.decisions where (decision.adjustedP ?? 1) <= 0.01 {
        if isRare {
          #expect(decision.verdict == .unlikeOthers(of: decision.victimExpert))
          called += 1
        } else {
          #expect(decision.verdict == .inconclusive(.mergeNotRare))
          #expect(
            decision.verdict.remedies(.routing).first
              == "white-box access to both models' weights")
          notCalled += 1
        }
      }
    }
    #expect(called > 0 && notCalled > 0, "\(called), \(notCalled)")
  }

  @Test("p-values of innocents are even although suspects choose their pairs and names say nothing")
  func matchedNulls() throws {
    var pValues: [Double] = []
    for seed in UInt64(100)..<180 {
      var (victim, nulls, routers) = world(seed)
      func named(_ means: [[[Double]]]) -> [[[Double]]] {
        let order = routers.experts.generator.permutation(of: routers.count)
        return means.map { table in order.map { table[$0] } }
      }
      nulls = nulls.map { _ in named(routers.means(own: 1)) }
      victim = routers.means(own: 1)
      let evidence = try evidence(victim, named(routers.means(own: 1)), nulls: nulls)
      // One of each suspect: its experts depend on each other.
      pValues.append(try #require(evidence.decisions.first?.pValue))
    }
    let few = pValues.count { $0 <= 0.1 }
    // 8 of 80 are expected; more than 16 are found once in 500 times.
    #expect(few <= 16, "\(few) of 80")
    #expect(try #require(KolmogorovSmirnov(uniform: pValues)).pValue > 0.001)
  }

  @Test("experts shuffled in each layer are put together again, when asked for")
  func shuffled() throws {
    var (victim, nulls, routers) = world(20)
    let order = (0..<routers.layers).map { _ in
      routers.experts.generator.permutation(of: routers.count)
    }
    let suspect = routers.near(victim, noise: 0.1).map { table in
      (0..<routers.count).map { slot in
        (0..<routers.layers).map { layer in table[order[layer][slot]][layer] }
      }
    }
    let plain = try evidence(victim, suspect, nulls: nulls)
    #expect(
      plain.decisions.count { $0.verdict.words == "unlike other people's work (screening)" } <= 2)
    let matched = try evidence(
      victim, suspect, nulls: nulls, options: RoutingResidualOptions(matching: .byLayer))
    #expect(
      matched.decisions.allSatisfy {
        $0.verdict == .unlikeOthers(of: $0.victimExpert) && $0.isAssigned
      })
    let votes = try #require(matched.layerVotes)
    #expect(votes.allSatisfy { $0.reduce(0, +) == routers.layers })
    for (victim, row) in votes.enumerated() {
      for (slot, count) in row.enumerated() {
        #expect(count == order.count { $0[slot] == victim })
      }
    }
  }

  @Test(
    "layers are matched for innocents, too, and they are not accused", arguments: UInt64(30)..<34)
  func shuffledInnocent(seed: UInt64) throws {
    var (victim, nulls, routers) = world(seed)
    let matched = try evidence(
      victim, routers.means(), nulls: nulls, options: RoutingResidualOptions(matching: .byLayer))
    #expect(found(matched) == 0)
  }

  @Test("a constant for each expert hides reuse, and double centring takes it away")
  func constants() throws {
    var (victim, nulls, routers) = world(40)
    let constants = (0..<routers.count).map { _ in
      (0..<routers.layers).map { _ in 3 * routers.experts.normal() }
    }
    let suspect = routers.near(victim, noise: 0.1).map { table in
      zip(table, constants).map { zip($0, $1).map { $0 + $1 } }
    }
    let plain = try evidence(victim, suspect, nulls: nulls)
    let centred = try evidence(
      victim, suspect, nulls: nulls, options: RoutingResidualOptions(centring: .expertsAndTasks))
    #expect(found(centred) == 5)
    #expect(found(plain) < 5)
    for (plain, centred) in zip(plain.decisions, centred.decisions) {
      #expect(try #require(centred.test).scores.score > 0.9)
      #expect(try #require(plain.test).scores.score < 0.5)
    }
  }

  @Test("a temperature in each layer changes preferences, and not those of unit layers")
  func temperature() throws {
    var (victim, nulls, routers) = world(50)
    let factors = (0..<routers.layers).map { [0.02, 0.1, 8][$0 % 3] }
    let suspect = routers.near(victim, noise: 0.1).map { table in
      table.map { zip($0, factors).map { $0 * $1 } }
    }
    let plain = try evidence(victim, suspect, nulls: nulls)
    let scaled = try evidence(
      victim, suspect, nulls: nulls, options: RoutingResidualOptions(scaling: .unitLayers))
    #expect(found(scaled) == 5)
    for index in 0..<routers.count {
      #expect(try #require(scaled.decisions[index].test).scores.score > 0.9)
      #expect(try #require(plain.decisions[index].test).scores.score < 0.8)
    }
    // One temperature for all layers leaves cosines alone, but flattens preferences.
    let cold = victim.map { $0.map { $0.map { 0.001 * $0 } } }
    let flat = try evidence(victim, cold, nulls: nulls)
    let free = try evidence(
      victim, cold, nulls: nulls, options: RoutingResidualOptions(scaling: .unitLayers))
    #expect(found(flat) == 5)
    #expect(try #require(flat.preference)[0][0] < 0.7)
    #expect(try #require(free.preference)[0][0] > 0.999)
  }

  @Test("null merges must be of the suite, the tasks and the experts")
  func refusals() throws {
    let (victim, nulls, _) = world(60)
    let model = try fingerprint(victim)
    func error(_ change: () throws -> CalibrationInput) -> CalibrationError? {
      do {
        _ = try CalibrationResult(try change(), victim: model, suspect: model)
        return nil
      } catch { return error as? CalibrationError }
    }
    let fingerprints = try nulls.map { try fingerprint($0) }
    #expect(error { try CalibrationInput(pool: pool(8)) } == .noEvidence)
    #expect(
      error { try CalibrationInput(pool: pool(8, suite: 9), nullFingerprints: fingerprints) }
        == .poolOfAnotherSuite(expected: digest(2), actual: digest(9)))
    var others = fingerprints
    others[3] = try fingerprint(nulls[3], suite: 9)
    #expect(
      error { try CalibrationInput(pool: pool(8), nullFingerprints: others) }
        == .incomparableNull(
          index: 3, field: "suite digest", expected: "\(digest(2))", actual: "\(digest(9))"))
    others[3] = try fingerprint(nulls[3], experts: ["e0", "e1", "e2", "e3", "other"])
    #expect(
      error { try CalibrationInput(pool: pool(8), nullFingerprints: others) }
        == .missingNullExpert(index: 3, expert: "e4"))
    others[3] = try fingerprint(nulls[3], counts: [40, 40, 39, 40, 40])
    #expect(
      error { try CalibrationInput(pool: pool(8), nullFingerprints: others) }
        == .incomparableNull(
          index: 3, field: "sample counts", expected: "[40, 40, 40, 40, 40]",
          actual: "[40, 40, 39, 40, 40]"))
  }

  @Test("there may be fewer null merges than null experts")
  func fewerMerges() throws {
    let (victim, nulls, _) = world(65)
    let model = try fingerprint(victim)
    let input = try CalibrationInput(
      pool: pool(8), nullFingerprints: try nulls.prefix(5).map { try fingerprint($0) })
    let result = try CalibrationResult(input, victim: model, suspect: model)
    #expect(result.decisions.allSatisfy { $0.test?.scores.competing.count == 5 })
    let data = try JSONEncoder().encode(input)
    #expect(try JSONDecoder().decode(CalibrationInput.self, from: data) == input)
  }

  @Test("null merges whose tasks come in another order are brought into the victim's")
  func taskOrder() throws {
    let (victim, nulls, _) = world(70)
    let model = try fingerprint(victim)
    let inOrder = try nulls.map { try fingerprint($0) }
    let reversed = try nulls.map {
      try fingerprint($0.reversed(), tasks: (0..<5).reversed().map { "t\($0)" })
    }
    let one = try CalibrationResult(
      try CalibrationInput(pool: pool(8), nullFingerprints: inOrder), victim: model, suspect: model)
    let other = try CalibrationResult(
      try CalibrationInput(pool: pool(8), nullFingerprints: reversed), victim: model,
      suspect: model)
    #expect(one == other)
  }
}
