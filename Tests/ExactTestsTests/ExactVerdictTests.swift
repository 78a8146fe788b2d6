import ExactTests
import Foundation
import Testing

@Suite struct ExactVerdictTests {
  private func rank(_ atLeast: Int, of count: Int) throws -> ExactTestResult {
    try RerunRank([1] + (0..<count).map { $0 < atLeast ? 1 : 0 }).result()
  }

  private func evidence(
    _ expert: String, _ tests: [ExactTestResult], screening: ExpertEvidence.Screening? = nil,
    refusals: [ExactRefusal] = [], identical: ExpertEvidence.IdenticalWeights? = nil
  ) throws -> ExpertEvidence {
    try ExpertEvidence(
      expert: expert, victim: "mine", tests: tests, identical: identical, screening: screening,
      refusals: refusals)
  }

  private func only(_ evidence: ExpertEvidence) throws -> ExactVerdict {
    try #require(try ExactVerdictRule().verdicts([evidence]).first)
  }

  @Test("1 % by 99 re-runs is consistent with reuse; Holm asks more of two experts")
  func levels() throws {
    let one = try only(evidence("a", [rank(0, of: 99)]))
    #expect(one.words == "consistent with reuse of mine" && one.wouldDecide.isEmpty)
    let two = try ExactVerdictRule().verdicts([
      evidence("a", [rank(0, of: 99)]), evidence("b", [rank(70, of: 99)]),
    ])
    #expect(two[0].adjustedPValue == 0.02)
    #expect(two[0].words == "inconclusive, leaning to reuse")
    #expect(two[0].reason == .betweenLevels)
    #expect(two[0].wouldDecide.first == .moreReruns(100))
    #expect(two[1].words == "no evidence of reuse" && two[1].wouldDecide.isEmpty)
  }

  @Test("first of 20 and first of 8 lean; first of 2 says nothing; second of 8 is no evidence")
  func floors() throws {
    let twenty = try only(evidence("a", [rank(0, of: 19)]))
    #expect(twenty.conclusion == .leaningToReuse && twenty.reason == .betweenLevels)
    #expect(twenty.wouldDecide == [.moreReruns(80), .secretSubset, .keyedMark])
    let eight = try only(evidence("a", [rank(0, of: 7)]))
    #expect(eight.conclusion == .leaningToReuse && eight.reason == .atFloor)
    #expect(eight.wouldDecide.first == .moreReruns(92))
    let two = try only(evidence("a", [rank(0, of: 1)]))
    #expect(two.conclusion == .inconclusive && two.reason == .tooFewReruns)
    #expect(try only(evidence("a", [rank(1, of: 7)])).conclusion == .noEvidenceOfReuse)
  }

  @Test("equal weights speak for themselves and take no part in the adjustment")
  func identical() throws {
    let verdicts = try ExactVerdictRule().verdicts([
      evidence("a", [rank(0, of: 99)]),
      evidence(
        "b", [rank(0, of: 99)], identical: .init(source: "mine/b", equalCount: 4096)),
      evidence("c", [], identical: .init(source: "mine/c", equalCount: 9, multiple: 1.5)),
    ])
    #expect(verdicts[0].conclusion == .consistentWithReuse)
    #expect(verdicts[1].words == "identical to mine/b" && verdicts[1].adjustedPValue == nil)
    #expect(verdicts[2].words == "identical to mine/c times 1.5")
  }

  @Test("screening never says consistent with reuse, and counts only where no test was possible")
  func screening() throws {
    let routing = try only(evidence("a", [], screening: .matchesRouting))
    #expect(routing.words == "matches the routing of mine (screening)")
    #expect(routing.wouldDecide.first == .weights)
    let unlike = try only(evidence("a", [], screening: .unlikeOthers))
    #expect(unlike.words == "unlike other people's work (screening)")
    #expect(unlike.wouldDecide == [.moreReruns(99), .secretSubset, .keyedMark])
    #expect(
      try only(evidence("a", [], screening: .couldNotTell)).conclusion == .inconclusive)
    let tested = try only(evidence("a", [rank(60, of: 99)], screening: .unlikeOthers))
    #expect(tested.words == "no evidence of reuse")
    for screening in ExpertEvidence.Screening.allCases {
      let verdict = try only(evidence("a", [], screening: screening))
      #expect(!verdict.words.contains("consistent"))
    }
    #expect(throws: ExactTestError.notExact(test: .nullDistance, expert: "a")) {
      try evidence("a", [ExchangeableBound.result(of: 3, among: [0, 1, 2])])
    }
  }

  @Test(
    "a shared seed and a wrong task are not applicable; a popular seed refuses the re-runs only")
  func refusals() throws {
    for refusal in [ExactRefusal.sharedSeed, .rerunsOfAnotherTask, .anotherParent] {
      let verdict = try only(
        evidence("a", [], screening: .unlikeOthers, refusals: [refusal]))
      #expect(verdict.words == "not applicable")
      #expect(verdict.explanations == [refusal.explanation])
    }
    let popular = try only(
      evidence("a", [], screening: .unlikeOthers, refusals: [.popularSeed]))
    #expect(popular.conclusion == .unlikeOthers)
    let strange = try only(evidence("a", [], refusals: [.incomparableCoordinates]))
    #expect(strange.words == "inconclusive")
    #expect(try only(evidence("a", [])).reason == .nothingTested)
  }

  @Test("what could not be compared or noticed is never no evidence")
  func unnoticed() throws {
    let strange = try only(
      evidence("a", [rank(60, of: 99)], refusals: [.incomparableCoordinates]))
    #expect(strange.words == "inconclusive")
    let weak = try only(evidence("a", [rank(60, of: 99)], screening: .couldNotTell))
    #expect(weak.words == "inconclusive" && weak.reason == .couldNotTell)
    // Found is found.
    let found = try only(evidence("a", [rank(0, of: 99)], screening: .couldNotTell))
    #expect(found.conclusion == .consistentWithReuse)
  }

  @Test("re-runs beside the reason why they say nothing are refused, other tests are not")
  func refusedTests() throws {
    for refusal in ExactRefusal.allCases where refusal.refusesReruns {
      #expect(
        throws: ExactTestError.refusedTest(test: .reruns, expert: "a", refusal: refusal)
      ) { try evidence("a", [rank(0, of: 99)], refusals: [refusal]) }
    }
    let subset = try ExactTestResult(
      test: .secretSubset, assumption: .uniformSubset, statistic: 9, pValue: 1e-5, floor: 1e-5)
    let verdict = try only(evidence("a", [subset], refusals: [.sharedSeed]))
    #expect(verdict.conclusion == .consistentWithReuse)
  }

  @Test("several tests of one expert become one")
  func several() throws {
    let subset = try ExactTestResult(
      test: .secretSubset, assumption: .uniformSubset, statistic: 2, pValue: 0.02, floor: 1e-5,
      wouldDecide: [.poolOf(images: 4000)])
    let reruns = try RerunRank(
      [1] + [Double](repeating: 0, count: 19), givenSubset: true
    ).result()
    let both = try only(evidence("a", [subset, reruns]))
    #expect(both.conclusion == .consistentWithReuse)
    #expect(both.result?.assumption == .eachGivenFormer)
    let fresh = try only(evidence("a", [subset, rank(0, of: 19)]))
    #expect(fresh.result?.assumption == .anyDependence)
    #expect(fresh.conclusion == .leaningToReuse)
    #expect(fresh.wouldDecide.contains(.poolOf(images: 4000)))
  }

  @Test(
    "evidence and verdicts survive JSON with snake_case keys; two verdicts on a pair are refused")
  func json() throws {
    let evidence = try [
      evidence("a", [rank(0, of: 19)], screening: .unlikeOthers, refusals: [.anotherParent]),
      evidence("b", [], identical: .init(source: "mine/b", equalCount: 4096)),
    ]
    let text = try JSONEncoder().encode(evidence)
    #expect(try JSONDecoder().decode([ExpertEvidence].self, from: text) == evidence)
    let verdicts = try ExactVerdictRule().verdicts(evidence)
    let written = try JSONEncoder().encode(verdicts)
    #expect(String(decoding: written, as: UTF8.self).contains("\"would_decide\""))
    #expect(try JSONDecoder().decode([ExactVerdict].self, from: written) == verdicts)
    #expect(throws: ExactTestError.duplicateName("a")) {
      try ExactVerdictRule().verdicts([evidence[0], evidence[0]])
    }
    let edited = String(decoding: text, as: UTF8.self)
      .replacingOccurrences(of: "\"p\":0.05", with: "\"p\":0.0005")
    #expect(edited != String(decoding: text, as: UTF8.self))
    #expect(throws: ExactTestError.self) {
      try JSONDecoder().decode([ExpertEvidence].self, from: Data(edited.utf8))
    }
    #expect(throws: ExactTestError.self) { try ExactVerdictRule(level: 0) }
    #expect(throws: ExactTestError.self) { try ExactVerdictRule(level: 0.05, leaningLevel: 0.01) }
  }

  @Test(
    "every assumption, step and reason is a sentence without a word that is no word of evidence")
  func words() {
    for assumption in ExactAssumption.allCases { #expect(assumption.sentence.hasSuffix(".")) }
    #expect(DecidingStep.moreReruns(1).words() == "1 more re-run of the victim's recipe")
    let timed = DecidingStep.moreReruns(80).words(minutesPerRerun: 0.7)
    #expect(timed == "80 more re-runs of the victim's recipe, about 56 min")
    #expect(DecidingStep.moreReruns(2).words(minutesPerRerun: .nan).hasSuffix("recipe"))
  }
}
