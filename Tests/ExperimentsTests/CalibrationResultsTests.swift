import Experiments
import Testing

/// What counts follow from tested experts, and when a criterion does not hold.
struct CalibrationResultsTests {
  private func expert(
    _ group: String, _ kind: CalibrationResults.Kind, score: Double, pooledP: Double, tailP: Double,
    routeMark: Double? = nil
  ) -> CalibrationResults.Expert {
    CalibrationResults.Expert(
      group: group, title: "\(group) in words", kind: kind, task: "digits", victimExpert: "digits",
      plain: score + 0.1, score: score, withinTaskP: 0.2, pooledP: pooledP, tailP: tailP,
      verdict: tailP > 0.01
        ? "no evidence of reuse" : score < 0.6 ? "inconclusive" : "consistent with reuse",
      routeMark: routeMark)
  }

  /// Reuse that is found, and innocents whose p-values are evenly spread, but for `accused` of them.
  private func results(
    accused: Int = 0, missed: Int = 0, common: [Double] = []
  ) -> CalibrationResults {
    let reused = (0..<20).map { index in
      expert(
        "same", .reused, score: 0.9, pooledP: 0.02, tailP: index < missed ? 0.2 : 1e-6,
        routeMark: 0.95)
    }
    let innocents = (0..<40).map { index in
      let p = index < accused ? 1e-9 : Double(index + 1) / 41
      return expert(
        "innocent-\(index / 5)", index < 20 ? .innocent : .otherInnocent,
        score: index < accused ? 0.7 : 0.4 - 0.01 * Double(index), pooledP: p, tailP: p,
        routeMark: 0.95)
    }
    let closeInnocents = common.map {
      expert("independent", .innocent, score: $0, pooledP: 0.02, tailP: 1e-9)
    }
    let model = CalibrationResults.Model(
      name: "fine-tuned", title: "fine-tuned", kind: .reused, score: 0.5, withinTaskP: 0.2,
      tailP: 0.001, verdict: "consistent with reuse")
    return CalibrationResults(
      functional: reused + innocents + closeInnocents, routed: reused, models: [model],
      recipes: "seeds",
      nullCount: 8)
  }

  @Test func everyPromiseHoldsWhereReuseAndInnocentsAreApart() {
    let criteria = results().criteria
    #expect(criteria.count == 7)
    #expect(criteria.allSatisfy { $0.holds }, "\(criteria.filter { !$0.holds })")
    #expect(criteria[0].measured == "0 of 40")
    #expect(criteria[1].measured == "2 of 40")
    #expect(criteria[2].measured == "0 of 40")
  }

  @Test func falseAccusationsBreakThePromises() {
    let criteria = results(accused: 6).criteria
    for index in 0..<4 {
      #expect(criteria[index].measured.hasPrefix("6 of 40") && !criteria[index].holds)
    }
    #expect(criteria[4].holds)
  }

  @Test func fiveOfFortyAtFivePercentAndTwoAtOneAreWithinTheBound() {
    // The bounds that the binomial distribution gives: 5 and 2 of 40.
    #expect(results(accused: 2).criteria[2].holds)
    #expect(!results(accused: 3).criteria[2].holds)
  }

  @Test func aVerdictCountsBesideItsP() throws {
    // p is small for both, and only one has enough in common with the victim.
    let careful = results(common: [0.3, 0.5])
    #expect(careful.criteria[0].measured == "0 of 42" && careful.criteria[0].holds)
    #expect(careful.criteria[2].measured == "2 of 42")
    #expect(careful.headline.contains("0 of 42 innocents"))
    let careless = results(common: [0.3, 0.7])
    #expect(careless.criteria[0].measured == "1 of 42" && !careless.criteria[0].holds)
  }

  @Test func missedReuseIsCountedByKind() throws {
    let results = results(missed: 2)
    let group = try #require(results.functionalGroups.first)
    #expect(group.count == 20 && group.atOnePercent == 18 && group.atFivePercent == 18)
    #expect(results.criteria[4].measured == "not: same in words 18/20")
    #expect(!results.criteria[4].holds)
  }

  @Test func aMergeOfInnocentsIsHeldAgainstTheGreyBoxUnlessItHasReuse() throws {
    func criterion(_ kinds: [CalibrationResults.Kind]) throws -> CalibrationResults.Criterion? {
      let model = CalibrationResults.Model(
        name: "theirs", title: "theirs", kind: .innocent, score: 0.5, withinTaskP: 0.2,
        tailP: 0.001, verdict: "consistent with reuse")
      return CalibrationResults(
        functional: [],
        routed: kinds.map { expert("theirs", $0, score: 0.5, pooledP: 0.5, tailP: 0.5) },
        models: [model], recipes: "seeds", nullCount: 8
      ).criteria.last { $0.promise.contains("no merge of innocents") }
    }
    #expect(try criterion([.innocent, .innocent])?.measured == "1 of 1")
    #expect(try criterion([.innocent, .innocent])?.holds == false)
    #expect(try criterion([.innocent, .reused]) == nil)
  }

  @Test func innocentsAreCountedByRecipe() {
    let counts = results(accused: 1).innocents
    #expect(counts.map(\.kind) == [.innocent, .otherInnocent])
    #expect(counts.map(\.count) == [20, 20])
    #expect(counts[0].tailAtOnePercent == 1 && counts[1].tailAtOnePercent == 0)
    #expect(counts[0].tailRateBound > 0.2 && counts[0].tailRateBound < 0.22)
  }

  @Test func theHeadlineSaysHowManyWereCompared() {
    let headline = results(accused: 1).headline
    #expect(headline.contains("20 of 20 reused experts"))
    #expect(headline.contains("1 of 40 innocents"))
    #expect(headline.contains("(20 against 40)"))
  }

  @Test func failuresNameMissedReuseAccusedInnocentsAndBrokenPromises() {
    let failures = results(accused: 6, missed: 2).failures.joined(separator: "\n")
    #expect(
      failures.contains("white box, same in words: 18 of 20 called unlike other people's work"))
    #expect(failures.contains("p of at most 1 % for 6 of 20"))
    #expect(failures.contains("White box: at most 1 % of innocents are accused by the tail."))
    let none = results().failures
    #expect(!none.contains { $0.contains("accused") || $0.contains("found") }, "\(none)")
  }

  @Test func theSameSimilarityForBothTellsNothingApart() throws {
    let curves = results().curves
    let paper = try #require(curves.first { $0.score.hasPrefix("RouteMark") })
    let residual = try #require(curves.first { $0.score == "functional residual" })
    #expect(residual.curve.area == 1)
    #expect(paper.curve.area == 0.5)
  }

  @Test func withoutInnocentsNothingIsPromisedAboutThem() {
    let results = CalibrationResults(
      functional: [expert("same", .reused, score: 1, pooledP: 0.02, tailP: 0)], routed: [],
      models: [], recipes: "seeds", nullCount: 8)
    #expect(results.criteria.count == 1)
    #expect(results.curves.isEmpty)
  }
}
