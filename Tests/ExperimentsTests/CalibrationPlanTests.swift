import Experiments
import Foundation
import Testing

/// The calibration section of a plan: what is refused, and which commands follow.
struct CalibrationPlanTests {
  private let plan = StudyPlan.embedded

  private func steps() throws -> [StudyStep] { try StudySteps(plan).steps }

  private func step(_ output: String) throws -> StudyStep {
    try #require(try steps().first { $0.output == output })
  }

  @Test func aVariantIsMadeForEveryTaskWithItsOwnImages() throws {
    for task in plan.tasks {
      let arguments = try step("reused/wanda-50/\(task)").arguments
      #expect(arguments.contains("\(task)={data}/\(task)/train.tar"))
      #expect(arguments.suffix(2) == ["--model", "{zoo}/\(task)"])
    }
    let outputs = try steps().map(\.output)
    #expect(!outputs.contains { $0.hasPrefix("reused/same") })
  }

  @Test func aStudentLearnsFromTheVictimsExpert() throws {
    let words = try step("experts/distilled/digits").arguments
    let place = try #require(words.firstIndex(of: "--teacher"))
    #expect(words[place + 1] == "{zoo}/digits")
  }

  @Test func allExpertsAreTestedInOneCommand() throws {
    let words = try step("calibration/experts.json").arguments
    let suspects = words.indices.filter { words[$0] == "--suspect" }.map { words[$0 + 1] }
    // 13 variants of 5 tasks, 1 of 2 tasks, innocents of the study's own set, and 2 more, of 5 tasks.
    #expect(suspects.count == 13 * 5 + 2 + 5 + 2 * 5)
    #expect(suspects.contains("independent/digits={out}/experts/independent/digits"))
    #expect(suspects.contains("same/digits={zoo}/digits"))
    #expect(suspects.contains("wanda-50/digits={out}/reused/wanda-50/digits"))
    #expect(suspects.contains("distilled/digits={out}/experts/distilled/digits"))
    #expect(
      suspects.contains("innocent-0/digits={out}/innocents/same-recipe/experts/digits-00"))
  }

  @Test func innocentsAreSeededApartFromNulls() throws {
    let seeds = try ["nulls", "innocents/same-recipe", "innocents/other-recipe"].map { pool in
      let words = try step(pool).arguments
      return words[try #require(words.firstIndex(of: "--seed")) + 1]
    }
    #expect(seeds == ["500", "501", "502"])
    #expect(try step("innocents/other-recipe").arguments.contains("--label-smoothing"))
    #expect(try !step("nulls").arguments.contains("--label-smoothing"))
  }

  @Test func mergesAreMadeInTheirPoolWhichIsNotRemovedForThem() throws {
    #expect(try step("nulls").product == .resumed)
    #expect(try step("nulls/merges").product == .inPlace)
    #expect(try step("calibration/innocent-0.case.json").arguments.contains("--nulls"))
    #expect(try step("calibration/mixed.case.json").arguments.contains("{out}/models/mixed"))
  }

  @Test func withoutNullMergesThereIsNoGreyBox() throws {
    var plan = plan
    plan.calibration?.merges = 0
    let outputs = try StudySteps(plan).steps.map(\.output)
    #expect(outputs.contains("calibration/experts.json"))
    #expect(
      !outputs.contains {
        $0.hasSuffix("merges") || $0.hasSuffix("mixed.case.json") && $0.hasPrefix("calibration")
      })
  }

  private static let refusals:
    [(key: String, change: @Sendable (inout StudyPlan.Calibration) -> Void)] = [
      ("calibration.nulls", { $0.nulls = 0 }),
      ("calibration.merges", { $0.merges = 5 }),
      ("calibration.innocentMerges", { $0.innocentMerges = 2 }),
      ("calibration.otherRecipe.images", { $0.otherRecipe.images = 0 }),
      ("calibration.otherRecipe.rates", { $0.otherRecipe.rates = [1e-4] }),
      ("calibration.reused", { $0.hidden[0].name = "same" }),
      ("calibration.reused", { $0.hidden[0].name = "../x" }),
      ("calibration.reused.tuned-2x-wanda-50.set", { $0.hidden[0].set = "nowhere" }),
      ("calibration.reused.same.suspect", { $0.reused[0].suspect = "nobody" }),
      ("calibration.routed", { $0.routed = ["nobody"] }),
    ]

  @Test func namesAndNumbersThatLeadNowhereAreRefused() throws {
    for (key, change) in Self.refusals {
      var plan = plan
      var calibration = try #require(plan.calibration)
      change(&calibration)
      plan.calibration = calibration
      #expect(throws: StudyError.self) { try plan.validate() }
      do {
        try plan.validate()
      } catch StudyError.invalidPlan(let named, _, _) {
        #expect(named == key)
      }
    }
  }

  @Test func onlyTheVictimsExpertsTeach() {
    var plan = plan
    plan.expertSets[plan.expertSets.count - 1].teacher = "base"
    #expect(throws: StudyError.self) { try plan.validate() }
  }
}
