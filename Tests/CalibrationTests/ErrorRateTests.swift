import Calibration
import Statistics
import Testing

/// False accusations of innocents, who are drawn as the nulls are: counted, against binomial bounds.
@Suite struct ErrorRateTests {
  /// The comparisons of one suspect whose experts are all innocent; tasks differ in how much an
  /// expert has of its own (location) and in the number of dimensions (scale).
  private func innocents(
    _ experts: inout SeededExperts, nulls: Int, tasks: [(own: Double, width: Int)]
  ) throws -> [ResidualScores] {
    try tasks.enumerated().map { index, task in
      experts.own = task.own
      experts.width = task.width
      let common = experts.vector()
      let direction = experts.vector()
      // What half of the freedom of experts shares makes null scores lie above 0.
      let responses = (0..<nulls + 2).map { _ -> Response in
        experts.add(experts.expert(of: common), direction, 0.5 * experts.normal())
      }
      return ResidualScores(
        try gram(responses, victim: "task \(index)"), weighting: .victimResidualEnergy)
    }
  }

  private struct Rates {
    var tests = 0
    var within = 0
    var pooled = [0.05: 0, 0.01: 0]
    var parametric = [0.05: 0, 0.01: 0]
    var model = 0
    var models = 0
  }

  private func count(
    seed: UInt64, trials: Int, nulls: Int = 8, tasks: [(own: Double, width: Int)]
  ) throws -> Rates {
    var experts = SeededExperts(seed: seed)
    experts.layers = 1
    var rates = Rates()
    for _ in 0..<trials {
      let pairs = try innocents(&experts, nulls: nulls, tasks: tasks)
      for pair in pairs {
        let test = ReuseTest(pair, pool: pairs)
        rates.tests += 1
        if test.withinTaskP <= 0.12 { rates.within += 1 }
        for level in [0.05, 0.01] {
          if try #require(test.pooledP) <= level { rates.pooled[level, default: 0] += 1 }
          if try #require(test.position).pValue <= level {
            rates.parametric[level, default: 0] += 1
          }
        }
      }
      let mean = try #require(ResidualScores.mean(pairs))
      rates.models += 1
      if try #require(ReuseTest(mean, pool: [mean]).position).pValue <= 0.05 { rates.model += 1 }
    }
    return rates
  }

  /// Whether a count of errors is what a rate allows, at one in a thousand.
  private func isWithin(_ events: Int, of trials: Int, rate: Double) -> Bool {
    BinomialBound.upperTail(events: events, trials: trials, rate: rate) > 0.001
  }

  @Test("within a task the rank is valid, exactly")
  func withinTask() throws {
    let rates = try count(seed: 1, trials: 300, tasks: [(1, 24), (0.3, 40), (3, 60)])
    #expect(isWithin(rates.within, of: rates.tests, rate: 1.0 / 9), "\(rates)")
    // Neither is it far too careful.
    #expect(
      BinomialBound.upperTail(events: rates.within, trials: rates.tests, rate: 1.0 / 9) < 0.999,
      "\(rates)")
  }

  @Test("pooled and parametric p-values keep their level when tasks differ in location and scale")
  func differentTasks() throws {
    let rates = try count(
      seed: 2, trials: 200, tasks: [(1, 24), (0.3, 40), (3, 60), (1, 100), (0.5, 30)])
    for level in [0.05, 0.01] {
      // Suspects of one trial share nothing, but tests of one pool do: allow a quarter more.
      let pooled = rates.pooled[level, default: 0]
      #expect(isWithin(pooled, of: rates.tests, rate: 1.25 * level), "pooled \(level): \(rates)")
      let parametric = rates.parametric[level, default: 0]
      #expect(
        isWithin(parametric, of: rates.tests, rate: 1.25 * level), "parametric \(level): \(rates)")
    }
    #expect(isWithin(rates.model, of: rates.models, rate: 0.05), "\(rates)")
    print("error rates, tasks of different kinds:", rates)
  }

  @Test("p-values of innocents look uniform")
  func uniform() throws {
    var experts = SeededExperts(seed: 3)
    experts.layers = 1
    var pValues: [Double] = []
    for _ in 0..<60 {
      let pairs = try innocents(
        &experts, nulls: 8, tasks: [(1, 40), (1, 40), (1, 40), (1, 40), (1, 40)])
      for pair in pairs {
        pValues.append(try #require(ReuseTest(pair, pool: pairs).position).pValue)
      }
    }
    let test = try #require(KolmogorovSmirnov(uniform: pValues))
    #expect(test.excess < 0.1, "\(test)")
    #expect(test.pValue > 0.001, "\(test)")
  }

  @Test("reuse is found at 1 % that ranks cannot reach")
  func power() throws {
    var experts = SeededExperts(seed: 4)
    var found = 0
    for _ in 0..<20 {
      let task = experts.vector()
      let victim = experts.expert(of: task)
      let suspect = experts.add(victim, experts.vector(), 0.7)
      let nulls = (0..<8).map { _ in experts.expert(of: task) }
      let scores = ResidualScores(
        try gram([victim, suspect] + nulls), weighting: .victimResidualEnergy)
      let test = ReuseTest(scores, pool: [scores])
      #expect(test.withinTaskP >= 1.0 / 9)
      if try #require(test.position).pValue <= 0.01 { found += 1 }
    }
    #expect(found >= 19)
  }
}

@Suite struct NullTailTests {
  @Test("t is the distance from the mean in units of the predicted spread")
  func byHand() throws {
    let tail = try #require(NullTail([("a", [0, 1, 2]), ("b", [10, 12, 14])]))
    // Squares: 2 and 8 with 2 + 2 degrees of freedom.
    #expect(abs(tail.pooledStandardDeviation - 2.5.squareRoot()) < 1e-15)
    #expect(tail.spread == .pooled && tail.shape == .student)
    let position = try #require(tail.position(of: 4, victimExpert: "a"))
    #expect(position.degrees == 4)
    #expect(abs(position.t - 3 / (2.5 * 4 / 3).squareRoot()) < 1e-12)
    #expect(abs(position.pValue - StudentT.upperTail(position.t, degrees: 4)) < 1e-15)
    #expect(tail.position(of: 4, victimExpert: "c") == nil)
    let critical = try #require(tail.criticalScore(0.05, victimExpert: "a"))
    #expect(
      abs(try #require(tail.position(of: FisherZ.of(critical), victimExpert: "a")).pValue - 0.05)
        < 1e-9)
  }

  @Test("two nulls, or nulls that do not vary, have no tail")
  func none() {
    #expect(NullTail([("a", [0, 1])]) == nil)
    #expect(NullTail([("a", [1, 1, 1, 1])]) == nil)
    #expect(NullTail([]) == nil)
  }

  @Test("tasks that spread differently keep their own sd")
  func heterogeneous() throws {
    var experts = SeededExperts(seed: 7)
    let narrow = (0..<12).map { _ in 0.01 * experts.normal() }
    let wide = (0..<12).map { _ in experts.normal() }
    let tail = try #require(NullTail([("narrow", narrow), ("wide", wide)]))
    #expect(tail.spread == .perTask)
    #expect(try #require(tail.position(of: 0.5, victimExpert: "narrow")).t > 20)
    #expect(try #require(tail.position(of: 0.5, victimExpert: "wide")).t < 2)
    #expect(try #require(tail.position(of: 0.5, victimExpert: "wide")).degrees == 11)
  }

  @Test("nulls that are not normal have Cantelli's tail, which is larger")
  func notNormal() throws {
    var experts = SeededExperts(seed: 8)
    let skewed = (0..<40).map { _ in
      let z = experts.normal()
      return z * z * z * z
    }
    let tail = try #require(NullTail([("a", skewed)]))
    #expect(tail.shape == .cantelli)
    let position = try #require(tail.position(of: 100, victimExpert: "a"))
    #expect(abs(position.pValue - 1 / (1 + position.t * position.t)) < 1e-15)
    #expect(position.pValue > StudentT.upperTail(position.t, degrees: 39))
    let critical = try #require(tail.criticalScore(0.9, victimExpert: "a"))
    #expect(critical <= 1)
  }
}
