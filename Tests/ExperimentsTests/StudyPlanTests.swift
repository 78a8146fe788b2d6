import Experiments
import Foundation
import Testing

/// Plans: where experts come from, what is refused, and which commands follow.
struct StudyPlanTests {
  private func suspect(_ name: String, in plan: StudyPlan = .embedded) throws -> StudyPlan.Suspect {
    try #require(plan.suspects.first { $0.name == name })
  }

  @Test(arguments: [StudyPlan.real, .embedded])
  func bothPlansOfTheProgramAreValidAndSurviveJSON(_ plan: StudyPlan) throws {
    try plan.validate()
    let again = try JSONDecoder().decode(StudyPlan.self, from: JSONEncoder().encode(plan))
    #expect(again == plan)
  }

  @Test func originsFollowTheSetsAnExpertWasTrainedIn() throws {
    let plan = StudyPlan.embedded
    let tuned = try suspect("fine-tuned-2x")
    #expect(plan.origin(of: "digits", in: tuned) == .reuse(of: "digits"))
    let innocent = try suspect("innocent")
    #expect(plan.origin(of: "digits", in: innocent) == .independent(task: "digits"))
    let replaced = try suspect("replaced-1")
    #expect(plan.origin(of: "dots", in: replaced) == .stranger)
    #expect(plan.origin(of: "digits", in: replaced) == .reuse(of: "digits"))
    let mixed = try suspect("mixed")
    #expect(plan.origin(of: "stripes", in: mixed) == .reuse(of: "stripes"))
    #expect(plan.origin(of: "textures", in: mixed) == .independent(task: "textures"))
    let cloned = try suspect("cloned")
    #expect(plan.origin(of: "shapes-clone", in: cloned) == .reuse(of: "shapes"))
    let shuffled = try suspect("shuffled")
    #expect(plan.origin(of: "slot-0", in: shuffled) == .scattered)
  }

  @Test func everyStepFindsWhatAnEarlierOneMakes() throws {
    let steps = try StudySteps(.embedded).steps
    var made: Set<String> = []
    for step in steps {
      for argument in step.arguments {
        let path = argument.drop { $0 != "{" }
          .replacingOccurrences(of: "{zoo}", with: "{out}/world/zoo")
          .replacingOccurrences(of: "{data}", with: "{out}/world/data")
        guard path.hasPrefix("{out}/") else { continue }
        let name = String(path.dropFirst("{out}/".count))
        let isMade = made.contains { name == $0 || name.hasPrefix("\($0)/") }
        #expect(isMade, "\(step.output) reads \(name)")
      }
      #expect(made.insert(step.output).inserted, "\(step.output) is made twice")
    }
  }

  @Test func aSuspectsSeedDoesNotDependOnItsPlace() throws {
    var plan = StudyPlan.embedded
    let before = try StudySteps(plan).steps.first { $0.output == "models/innocent" }
    plan.suspects.insert(
      StudyPlan.Suspect(
        name: "extra", title: "an extra line", router: .kept, tamper: ["noise --sigma 0.1"]),
      at: 0)
    let after = try StudySteps(plan).steps.first { $0.output == "models/innocent" }
    #expect(before == after)
  }

  @Test func namesThatLeadNowhereAreRefused() {
    func expectRefused(_ key: String, _ change: (inout StudyPlan) -> Void) {
      var plan = StudyPlan.embedded
      change(&plan)
      #expect {
        try plan.validate()
      } throws: { error in
        if case .invalidPlan(key, _, _) = error as? StudyError { return true }
        return false
      }
    }
    expectRefused("figures") { $0.figures.sampled = "nobody" }
    expectRefused("suspects.same.experts") { $0.suspects[0].experts = ["stripes", "cats"] }
    expectRefused("suspects.same.experts") { $0.suspects[0].experts = ["nowhere/stripes"] }
    expectRefused("suspects") { $0.suspects[1].name = $0.suspects[0].name }
    expectRefused("suspects") { $0.suspects[1].name = "../outside" }
    expectRefused("suspects") { $0.suspects[1].name = "victim" }
    expectRefused("expertSets.tuned-1x.origin") { $0.expertSets[0].origin = "tuned-2x" }
    expectRefused("tasks") { $0.tasks = ["stripes"] }
  }
}
