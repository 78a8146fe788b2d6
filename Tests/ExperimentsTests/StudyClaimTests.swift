import Experiments
import Foundation
import Testing

/// Claims turn with the numbers they rest on.
@Suite struct StudyClaimTests {
  private func outcome(_ words: String, _ results: StudyResults) throws -> StudyClaim.Outcome {
    try #require(StudyClaim.all(results).first { $0.claim.contains(words) }).outcome
  }

  /// Results with every value under a key of suspects replaced.
  private func changed(
    _ key: String, to value: Double, in names: [String]
  ) throws -> StudyResults {
    var object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(ExampleStudy.results()))
        as? [String: Any])
    var suspects = try #require(object["suspects"] as? [[String: Any]])
    for index in suspects.indices where names.contains(suspects[index]["name"] as? String ?? "") {
      if suspects[index][key] != nil { suspects[index][key] = value }
      let experts = try #require(suspects[index]["experts"] as? [[String: Any]])
      suspects[index]["experts"] = experts.map { expert in
        expert[key] == nil ? expert : expert.merging([key: value]) { $1 }
      }
    }
    object["suspects"] = suspects
    return try JSONDecoder().decode(
      StudyResults.self, from: JSONSerialization.data(withJSONObject: object))
  }

  /// A renamed suspect makes no claim vanish without a word.
  @Test func aClaimAboutASuspectThatIsNotThereIsUntested() throws {
    var object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(ExampleStudy.results()))
        as? [String: Any])
    let suspects = try #require(object["suspects"] as? [[String: Any]])
    object["suspects"] = suspects.map { suspect in
      suspect["name"] as? String == "permuted" ? suspect.merging(["name": "p"]) { $1 } : suspect
    }
    let results = try JSONDecoder().decode(
      StudyResults.self, from: JSONSerialization.data(withJSONObject: object))
    let claim = try #require(StudyClaim.all(results).first { $0.claim.contains("Permutation") })
    #expect(claim.outcome == .untested && claim.measured.contains("`permuted`"))
  }

  @Test func accusedInnocentsDecideTheClaimOfSeparation() throws {
    #expect(try outcome("innocents were not tried", ExampleStudy.results()) == .notReproduced)
    #expect(
      try outcome("innocents were not tried", ExampleStudy.results(innocents: 0.4)) == .reproduced)
  }

  @Test func pruningNeedsBothRouteMarkAndREEF() throws {
    #expect(try outcome("At 50 % WANDA", ExampleStudy.results()) == .inPart)
    #expect(
      try outcome("At 50 % WANDA", changed("reef", to: 0.4, in: ["wanda-50"])) == .reproduced)
    #expect(
      try outcome("At 50 % WANDA", changed("ownSimilarity", to: 0.8, in: ["wanda-50"]))
        == .notReproduced)
  }

  @Test func newcomersWithALargeMarginRefuteTheirClaim() throws {
    let words = "New experts have no clear match"
    #expect(try outcome(words, ExampleStudy.results()) == .reproduced)
    #expect(try outcome(words, changed("margin", to: 0.3, in: ["added-1"])) == .inPart)
    #expect(try outcome(words, changed("margin", to: 0.4, in: ["added-1"])) == .notReproduced)
  }

  @Test func marginsOfReusedExpertsNeedAMajority() throws {
    let words = "lead by more than 0.6"
    #expect(try outcome(words, ExampleStudy.results()) == .reproduced)
    let names = StudyPlan.embedded.figures.matrices
    #expect(try outcome(words, changed("margin", to: 0.55, in: names)) == .inPart)
    #expect(try outcome(words, changed("margin", to: 0.2, in: names)) == .notReproduced)
  }

  @Test func aDeclineOfTheBiasedEstimateAloneIsInPart() throws {
    #expect(try outcome("REEF declines", ExampleStudy.results()) == .inPart)
  }

  @Test func routingIsCountedByTheLargestTask() throws {
    #expect(try outcome("routing weight is largest", ExampleStudy.results()) == .reproduced)
  }
}
