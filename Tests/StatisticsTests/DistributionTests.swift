import Statistics
import Testing

@Suite struct DistributionTests {
  @Test(
    "tails of Student's t as tables have them",
    arguments: [
      (2.2281388519862753, 10.0, 0.025), (1.0, 1.0, 0.25), (4.540702858698419, 3.0, 0.01),
      (0.0, 7.0, 0.5), (-1.0, 1.0, 0.75), (31.82051595377396, 1.0, 0.01),
    ])
  func studentT(t: Double, degrees: Double, tail: Double) {
    #expect(abs(StudentT.upperTail(t, degrees: degrees) - tail) < 1e-12)
    #expect(abs(StudentT.upperQuantile(tail, degrees: degrees) - t) < 1e-8)
  }

  @Test("far tails keep their digits")
  func farTails() {
    // With two degrees of freedom the tail is (1 - t / sqrt(2 + t^2)) / 2.
    let t = 1e4
    let exact = 1 / ((2 + t * t).squareRoot() * ((2 + t * t).squareRoot() + t))
    #expect(abs(StudentT.upperTail(t, degrees: 2) / exact - 1) < 1e-10)
  }

  @Test("tails of the normal as tables have them")
  func normal() {
    #expect(abs(NormalDistribution.upperTail(1.959963984540054) - 0.025) < 1e-15)
    #expect(abs(NormalDistribution.quantile(0.975) - 1.959963984540054) < 1e-12)
    #expect(abs(NormalDistribution.quantile(0.5)) < 1e-12)
  }

  @Test("tails of F as tables have them")
  func fisherF() {
    // F with 1 and v degrees of freedom is t squared.
    #expect(
      abs(
        FisherF.upperTail(2.2281388519862753 * 2.2281388519862753, numerator: 1, denominator: 10)
          - 0.05) < 1e-12)
    // With 2 numerator degrees the tail is (1 + 2 f / v)^(-v / 2).
    #expect(abs(FisherF.upperTail(1.5, numerator: 2, denominator: 4) - 1 / (1.75 * 1.75)) < 1e-13)
    #expect(FisherF.upperTail(0, numerator: 3, denominator: 5) == 1)
  }

  @Test("binomial bounds of Clopper and Pearson")
  func binomial() {
    // 0 of n: 1 - (1 - confidence)^(1/n).
    #expect(abs(BinomialBound.upper(events: 0, trials: 2, confidence: 0.75) - 0.5) < 1e-12)
    #expect(BinomialBound.upper(events: 3, trials: 3, confidence: 0.95) == 1)
    #expect(BinomialBound.lower(events: 0, trials: 3, confidence: 0.95) == 0)
    #expect(abs(BinomialBound.lower(events: 2, trials: 2, confidence: 0.75) - 0.5) < 1e-12)
    #expect(abs(BinomialBound.upperTail(events: 2, trials: 3, rate: 0.5) - 0.5) < 1e-12)
    #expect(BinomialBound.upperTail(events: 0, trials: 3, rate: 0.5) == 1)
    let rate = BinomialBound.upper(events: 5, trials: 40, confidence: 0.95)
    #expect(abs(1 - BinomialBound.upperTail(events: 6, trials: 40, rate: rate) - 0.05) < 1e-9)
  }

  @Test("5 of 40 at 5 % and 2 of 40 at 1 % are within the 95 % range of a true level")
  func criteria() {
    #expect(BinomialBound.upperTail(events: 6, trials: 40, rate: 0.05) < 0.05)
    #expect(BinomialBound.upperTail(events: 5, trials: 40, rate: 0.05) > 0.025)
    #expect(BinomialBound.upperTail(events: 3, trials: 40, rate: 0.01) < 0.05)
  }
}

@Suite struct FitTests {
  @Test("Anderson and Darling's statistic of eight numbers, computed beside it")
  func andersonDarling() throws {
    let test = try #require(AndersonDarling([2.1, 1.9, 3.2, 2.8, 2.2, 5.9, 2.5, 2.0]))
    #expect(abs(test.statistic - 1.1219926732991539) < 1e-9)
    #expect(test.pValue < 0.05)
  }

  @Test("normal scores look normal, exponential ones do not")
  func shapes() throws {
    let shares = (0..<40).map { (Double($0) + 0.5) / 40 }
    #expect(try #require(AndersonDarling(shares.map(NormalDistribution.quantile))).pValue > 0.9)
    let squares = shares.map { NormalDistribution.quantile($0) * NormalDistribution.quantile($0) }
    #expect(try #require(AndersonDarling(squares)).pValue < 1e-4)
    #expect(AndersonDarling([1, 1, 1, 1, 1, 1]) == nil)
    #expect(AndersonDarling([1, 2, 3, 4]) == nil)
  }

  @Test("under normality 5 % are refused at 5 %")
  func refusals() throws {
    var generator = SplitMix64(seed: 11)
    let refused = try (0..<2000).count { _ in
      let values = (0..<40).map { _ in NormalNumber.draw(&generator) }
      return try #require(AndersonDarling(values)).pValue < 0.05
    }
    #expect((60...140).contains(refused), "\(refused)")
  }

  @Test("Kolmogorov and Smirnov's D is the largest step beside the diagonal")
  func kolmogorovSmirnov() throws {
    let test = try #require(KolmogorovSmirnov(uniform: [0.7, 0.1, 0.4]))
    #expect(abs(test.statistic - 0.3) < 1e-15)
    #expect(abs(test.excess - 0.3) < 1e-15)
    #expect(test.pValue > 0.5)
    #expect(
      try #require(KolmogorovSmirnov(uniform: [Double](repeating: 0.01, count: 20))).pValue < 1e-6)
    #expect(KolmogorovSmirnov(uniform: []) == nil)
  }

  @Test("uniform numbers are refused at 5 % in 5 % of cases")
  func uniform() throws {
    var generator = SplitMix64(seed: 5)
    let refused = try (0..<2000).count { _ in
      let values = (0..<40).map { _ in Double(generator.index(below: 1 << 40)) / Double(1 << 40) }
      return try #require(KolmogorovSmirnov(uniform: values)).pValue < 0.05
    }
    #expect((60...140).contains(refused), "\(refused)")
  }

  @Test("Brown and Forsythe's ratio of three groups, computed beside it")
  func spread() throws {
    let test = try #require(SpreadComparison([[1, 2, 3, 4], [2, 2, 9, 15], [1, 1.5, 2, 2.5]]))
    #expect(abs(test.statistic - 7.752212389380531) < 1e-9)
    #expect(test.pValue < 0.1)
    #expect(SpreadComparison([[1, 2, 3]]) == nil)
    #expect(SpreadComparison([[1, 1, 1], [2, 2, 2]]) == nil)
  }

  @Test("mean and standard deviation")
  func moments() {
    let moments = Moments([1, 2, 3, 6])
    #expect(moments.mean == 3)
    #expect(abs(moments.standardDeviation - (14.0 / 3).squareRoot()) < 1e-15)
    #expect(Moments([]).mean == 0 && Moments([4]).standardDeviation == 0)
  }
}

/// Normal numbers from a seed, by inversion.
enum NormalNumber {
  static func draw(_ generator: inout SplitMix64) -> Double {
    NormalDistribution.quantile((Double(generator.index(below: 1 << 40)) + 0.5) / Double(1 << 40))
  }
}
