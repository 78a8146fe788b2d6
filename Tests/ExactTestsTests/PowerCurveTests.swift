import ExactTests
import Testing

/// How often reuse is found, by how much of the victim is left: the other side of `NullWorldTests`.
@Suite struct PowerCurveTests {
  /// Power never falls by more than noise as more is left, starts near the level, ends near 1.
  private func expectCurve(_ powers: [Double], level: Double) {
    for (less, more) in zip(powers, powers.dropFirst()) { #expect(more > less - 0.05) }
    #expect(powers.first.map { $0 < 2 * level + 0.02 } == true)
    #expect(powers.last.map { $0 > 0.95 } == true)
  }

  @Test("19 re-runs find copies blended with a stranger's work")
  func reruns() throws {
    var dice = Dice(1)
    let powers = try [0, 0.1, 0.2, 0.4, 0.8].map { share in
      var found = 0
      for _ in 0..<150 {
        let world = RunWorld(dimension: 200, dice: &dice)
        let runs = (0...19).map { _ in world.run(&dice) }
        let suspect = sum((share, runs[0]), (1 - share, world.run(&dice)))
        let rank = try RerunStatistics.rank(of: RerunGram(layers: [gram([suspect] + runs)]))
        if rank.pValue <= 0.05 { found += 1 }
      }
      return Double(found) / 150
    }
    expectCurve(powers, level: 0.05)
  }

  @Test("a pool of 60 images finds a suspect that knows the used half better")
  func subsets() throws {
    var dice = Dice(2)
    for score in SecretSubset.Score.allCases {
      let powers = try [0, 0.3, 0.6, 1.2].map { effect in
        var found = 0
        for _ in 0..<40 {
          let used = dice.subset(30, of: 60)
          let losses = used.map { dice.normal() - ($0 ? effect : 0) }
          let outcome = try SecretSubset(losses, used: used, score: score)
            .outcome(draws: 999, seed: dice.seed())
          if outcome.pValue <= 0.01 { found += 1 }
        }
        return Double(found) / 40
      }
      for (less, more) in zip(powers, powers.dropFirst()) { #expect(more > less - 0.1) }
      #expect(powers[0] <= 0.1 && powers[3] > 0.85)
    }
  }

  @Test("a key at a tenth of the weights' spread is found under twenty times as much noise")
  func keys() throws {
    var dice = Dice(3)
    for kind in KeyedMark.Kind.allCases {
      let powers = try [0, 0.005, 0.02, 0.1].map { strength in
        var found = 0
        for _ in 0..<60 {
          let reference = [Float](repeating: 0, count: 4000)
          let key = (0..<4000).map { _ in
            kind == .signs ? Float(dice.index(below: 2) * 2 - 1) : Float(dice.normal())
          }
          let suspect = key.map { Float(strength) * $0 + Float(dice.normal()) }
          var mark = try KeyedMark(kind: kind)
          try mark.add(suspect: suspect, reference: reference, key: key, leavingOutZeros: false)
          if mark.pValue <= 0.01 { found += 1 }
        }
        return Double(found) / 60
      }
      expectCurve(powers, level: 0.01)
    }
  }
}
