import Statistics
import Testing

@Suite struct ConformalPValueTests {
  @Test("the p-value is the rank among nulls and the score itself")
  func rank() {
    #expect(ConformalPValue.value(of: 0.9, among: [0.1, 0.2, 0.3]) == 0.25)
    #expect(ConformalPValue.value(of: 0.15, among: [0.1, 0.2, 0.3]) == 0.75)
    #expect(ConformalPValue.value(of: 0, among: [0.1, 0.2, 0.3]) == 1)
    #expect(ConformalPValue.value(of: 5, among: []) == 1)
  }

  @Test("ties count against the suspect")
  func ties() {
    #expect(ConformalPValue.value(of: 0.3, among: [0.3, 0.3, 0.1]) == 0.75)
  }

  @Test("eight nulls cannot go below 0.11; 99 are needed for 1 %")
  func nullsNeeded() {
    #expect(ConformalPValue.value(of: 1, among: [Double](repeating: 0, count: 8)) == 1.0 / 9)
    #expect(ConformalPValue.nullsNeeded(for: 0.01) == 99)
    #expect(ConformalPValue.nullsNeeded(for: 0.05) == 19)
    #expect(ConformalPValue.nullsNeeded(for: 0.3) == 3)
    #expect(ConformalPValue.nullsNeeded(for: 1) == 0)
    for count in [19, 20, 99, 100] {
      let least = 1.0 / Double(count + 1)
      #expect((least <= 0.01) == (count >= ConformalPValue.nullsNeeded(for: 0.01)))
    }
  }

  @Test("exchangeable scores have p-values that are at least uniform", arguments: UInt64(0)..<4)
  func validity(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let trials = 4000
    var hits = 0
    for _ in 0..<trials {
      let scores = (0..<9).map { _ in generator.index(below: 1000) }
      let p = ConformalPValue.value(
        of: Double(scores[0]), among: scores.dropFirst().map(Double.init))
      if p <= 0.12 { hits += 1 }
    }
    // P(p <= 1/9) is at most 1/9; four standard errors of a binomial above that.
    #expect(Double(hits) / Double(trials) < 1.0 / 9 + 4 * (0.1 / Double(trials)).squareRoot())
    #expect(hits > trials / 20)
  }
}

@Suite struct MultipleTestingTests {
  private func expectClose(_ a: [Double], _ b: [Double]) {
    #expect(a.count == b.count)
    for (a, b) in zip(a, b) { #expect(abs(a - b) < 1e-15) }
  }

  @Test("Holm multiplies the smallest p-value by the number of tests, the next by one less")
  func holm() {
    expectClose(Holm.adjusted([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
    expectClose(Holm.adjusted([0.5, 0.6]), [1, 1])
    expectClose(Holm.adjusted([0.02]), [0.02])
    #expect(Holm.adjusted([]).isEmpty)
  }

  @Test("Benjamini and Hochberg divide by the rank")
  func benjaminiHochberg() {
    expectClose(BenjaminiHochberg.adjusted([0.01, 0.04, 0.03]), [0.03, 0.04, 0.04])
    expectClose(BenjaminiHochberg.adjusted([0.01, 0.02, 0.9, 0.8]), [0.04, 0.04, 0.9, 0.9])
    #expect(BenjaminiHochberg.adjusted([]).isEmpty)
  }

  @Test("adjusted values keep the order and are never smaller", arguments: UInt64(0)..<20)
  func order(seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    let p = (0..<12).map { _ in Double(generator.index(below: 1000)) / 1000 }
    for adjusted in [Holm.adjusted(p), BenjaminiHochberg.adjusted(p)] {
      for (i, j) in zip(0..., p).flatMap({ i in p.indices.map { (i.0, $0) } }) where p[i] <= p[j] {
        #expect(adjusted[i] <= adjusted[j])
      }
      for (p, adjusted) in zip(p, adjusted) { #expect(adjusted >= p && adjusted <= 1) }
    }
  }
}
