import ExactTests
import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct FisherCombinationTests {
  private func result(
    _ test: ExactTestKind, _ assumption: ExactAssumption, _ p: Double
  ) throws -> ExactTestResult {
    try ExactTestResult(
      test: test, assumption: assumption, statistic: 0, pValue: p, floor: min(p, 0.01))
  }

  @Test("p is the tail of chi squared with twice as many degrees of freedom as tests")
  func value() throws {
    let subset = try result(.secretSubset, .uniformSubset, 0.04)
    let key = try result(.keyedMark, .secretSignKey, 0.05)
    let both = try FisherCombination.combining([subset, key])
    // P(U1 U2 <= x) = x (1 - log x)
    #expect(abs(both.pValue - 0.002 * (1 - log(0.002))) < 1e-15)
    #expect(both.assumption == .eachGivenFormer)
    // scipy.stats.combine_pvalues([.04, .5, .05]) = 0.0333...
    let reruns = try result(.reruns, .freshSeedsGivenSubset, 0.5)
    let x = 0.04 * 0.5 * 0.05
    let three = try FisherCombination.combining([subset, reruns, key])
    #expect(abs(three.pValue - x * (1 - log(x) + log(x) * log(x) / 2)) < 1e-15)
    #expect(try FisherCombination.combining([key]) == key)
  }

  @Test("the order is stated, and re-runs beside a subset are on that subset")
  func order() throws {
    let subset = try result(.secretSubset, .uniformSubset, 0.04)
    let fresh = try result(.reruns, .freshSeeds, 0.1)
    let given = try result(.sequentialReruns, .freshSeedsGivenSubset, 0.1)
    let key = try result(.keyedMark, .secretSignKey, 0.05)
    #expect(FisherCombination.isCombinable([subset, given, key]))
    #expect(FisherCombination.isCombinable([fresh, key]))
    for wrong in [[key, subset], [subset, fresh], [subset, subset], [], [given, given]] {
      #expect(!FisherCombination.isCombinable(wrong))
      #expect(throws: ExactTestError.self) { try FisherCombination.combining(wrong) }
    }
    let smallest = try SmallestOfSeveral.combining([subset, fresh])
    #expect(smallest.pValue == 0.08 && smallest.assumption == .anyDependence)
  }

  @Test("three marks' floors do not underflow")
  func small() throws {
    let tiny = try ExactTestResult(
      test: .keyedMark, assumption: .secretGaussianKey, statistic: 40, pValue: 0x1p-256,
      floor: 0x1p-1000)
    let subset = try ExactTestResult(
      test: .secretSubset, assumption: .uniformSubset, statistic: 40, pValue: 1e-290, floor: 1e-290)
    let both = try FisherCombination.combining([subset, tiny])
    #expect(both.pValue > 0 && both.pValue <= 1e-290)
  }
}

@Suite struct ExchangeableBoundTests {
  @Test("it is the Cantelli bound with the tested value among the moments", arguments: 0..<5)
  func formula(seed: Int) throws {
    var dice = Dice(UInt64(seed))
    let nulls = dice.normals(8)
    let score = 1.5 + dice.normal()
    let result = try ExchangeableBound.result(of: score, among: nulls)
    let all = nulls + [score]
    let mean = all.reduce(0, +) / 9
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9
    let tau = (score - mean) / variance.squareRoot()
    #expect(tau <= 0 || abs(result.pValue - 1 / (1 + tau * tau)) < 1e-12)
    #expect(!result.assumption.isAboutOwnersRandomness)
  }

  @Test("whatever nine numbers are, at most a share u of them has p <= u", arguments: 0..<40)
  func validity(seed: Int) throws {
    var dice = Dice(UInt64(seed))
    // Heavy tails, points in common, one far out.
    let values = (0..<9).map { place in
      seed % 3 == 0
        ? Double(dice.index(below: 3))
        : dice.normal() / (seed % 3 == 1 ? dice.uniform() : 1)
          + (place == 0 ? 1e6 : 0)
    }
    var pValues: [Double] = []
    for place in values.indices {
      let others = values.indices.filter { $0 != place }.map { values[$0] }
      pValues.append(try ExchangeableBound.result(of: values[place], among: others).pValue)
    }
    for level in pValues {
      #expect(Double(pValues.count { $0 <= level }) / 9 <= level * (1 + 1e-9))
    }
  }

  @Test("it never goes below 1 / (K + 1), where known moments would")
  func floor() {
    #expect(abs(ExchangeableBound.pValue(t: 1e9, nullCount: 8) - 1.0 / 9) < 1e-9)
    #expect(ExchangeableBound.pValue(t: .infinity, nullCount: 8) == 1.0 / 9)
    #expect(ExchangeableBound.pValue(t: 10, nullCount: 8) > 1 / (1 + 100.0))
    #expect(ExchangeableBound.pValue(t: -1, nullCount: 8) == 1)
    #expect(ExchangeableBound.pValue(t: 5, nullCount: 1) == 1)
  }
}
