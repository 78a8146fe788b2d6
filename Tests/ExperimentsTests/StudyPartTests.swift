import Experiments
import Foundation
import Testing

/// Parts of a plan: which suspects, sets and figures stay, and that they share the whole's outputs.
struct StudyPartTests {
  private func names(_ plan: StudyPlan) -> [String] { plan.suspects.map(\.name) }

  @Test func figuresBringTheirSuspectsAndTheSetsTheseNeed() throws {
    let part = try StudyPlan.real.restricted(to: ["fig3", "table2"])
    try part.validate()
    #expect(
      Set(names(part))
        == [
          "fine-tuned", "wanda-50", "deleted-1", "added-2", "replaced-1", "magnitude-30",
          "wanda-30", "fine-tuned-2x", "permuted",
        ])
    #expect(part.expertSets.map(\.name) == ["tuned-1x", "tuned-2x"])
    #expect(part.figures.matrices == StudyPlan.real.figures.matrices)
    #expect(part.figures.parametric == StudyPlan.real.figures.parametric)
    // Figure 4 lacks suspects, figure 6 was not asked for.
    #expect(part.figures.pruning.isEmpty && part.figures.added.isEmpty)
    #expect(part.figures.sampleSizes.isEmpty)
  }

  @Test func aSetBringsThoseItWasTrainedFrom() throws {
    let part = try StudyPlan.real.restricted(to: ["fine-tuned-2x"])
    #expect(part.expertSets.map(\.name) == ["tuned-1x", "tuned-2x"])
    #expect(
      try StudyPlan.real.restricted(to: ["innocent"]).expertSets.map(\.name) == ["independent"])
    #expect(try StudyPlan.real.restricted(to: ["int8"]).expertSets.isEmpty)
  }

  @Test func everyFigureIsWholeInItsOwnPart() throws {
    func sizes(_ plan: StudyPlan) -> [Int] {
      let figures = plan.figures
      return [
        figures.matrices.count, figures.parametric.count, figures.pruning.count,
        figures.added.count, figures.sampleSizes.count,
      ]
    }
    let whole = sizes(.embedded)
    for (index, figure) in StudyPlan.FigureName.allCases.enumerated() {
      let part = try StudyPlan.embedded.restricted(to: [figure.rawValue])
      #expect(sizes(part)[index] == whole[index] && whole[index] > 0, "\(figure)")
    }
    let all = try StudyPlan.embedded.restricted(
      to: StudyPlan.FigureName.allCases.map(\.rawValue) + [StudyPlan.calibrationName]
        + names(.embedded))
    #expect(all == .embedded)
  }

  /// A plan with two ways of reuse and one suspect to calibrate.
  private func calibrated() throws -> StudyPlan {
    var plan = StudyPlan.embedded
    var longer = plan.expertSets[0]
    (longer.name, longer.steps, longer.seed) = ("tuned-5x", 5 * longer.steps, 40)
    plan.expertSets = plan.expertSets.filter { !["tuned-5x", "distilled"].contains($0.name) }
    plan.expertSets.append(longer)
    let text = """
      {"nulls": 4, "merges": 2, "images": 32, "seed": 100, "innocents": 2, "otherInnocents": 2,
       "otherRecipe":
         {"images": 16, "rates": [1e-4, 1e-3], "batches": [8], "labelSmoothing": 0, "weightDecay": 0},
       "innocentMerges": 1, "responseProbes": 4,
       "reused":
         [{"name": "int8", "title": "8 bits", "tamper": "quantize --bits 8", "suspect": "int8"}],
       "hidden": [{"name": "tuned-5x", "title": "tuned 5x", "set": "tuned-5x"}],
       "independents": [], "routed": ["fine-tuned"]}
      """
    plan.calibration = try JSONDecoder().decode(
      StudyPlan.Calibration.self, from: Data(text.utf8))
    return plan
  }

  @Test func theTestOfCalibrationIsLeftOutUnlessItIsNamed() throws {
    let plan = try calibrated()
    let figure = try plan.restricted(to: ["fig3"])
    #expect(figure.calibration == nil && !figure.expertSets.contains { $0.name == "tuned-5x" })
    let part = try plan.restricted(to: ["calibration"])
    try part.validate()
    #expect(part.calibration == plan.calibration)
    #expect(names(part) == ["fine-tuned", "int8"])
    #expect(part.expertSets.map(\.name) == ["tuned-1x", "tuned-5x"])
    let steps = try StudySteps(plan).steps
    #expect(try StudySteps(part).steps.allSatisfy { steps.contains($0) })
    var without = plan
    without.calibration = nil
    #expect(throws: StudyError.self) { try without.restricted(to: ["calibration"]) }
  }

  @Test func suspectsThatAnOperationNamesComeAlong() throws {
    var plan = StudyPlan.embedded
    plan.suspects.append(
      StudyPlan.Suspect(
        name: "far", title: "from another suspect", router: .kept,
        tamper: ["blend --with {out}/models/int8 --ratio 0.5", "noise --sigma 0.1"]))
    #expect(try names(plan.restricted(to: ["far"])) == ["int8", "far"])
  }

  @Test func anUnknownNameIsRefused() {
    #expect {
      try StudyPlan.real.restricted(to: ["fig3", "fig9"])
    } throws: { error in
      if case .unknownPart("fig9", _) = error as? StudyError { return true }
      return false
    }
  }

  /// Makes what commands would, and says which steps ran.
  private func run(
    _ plan: StudyPlan, partOf whole: StudyPlan? = nil, in places: StudyPlaces
  ) throws -> [String] {
    var announced: [String] = []
    try StudyRun(plan, partOf: whole, places: places, tool: "test 1").run(
      announce: { announced.append($1.output) },
      command: { words in
        if let flag = words.firstIndex(of: "-o") {
          try? FileManager.default.createDirectory(
            atPath: words[flag + 1], withIntermediateDirectories: true)
        }
        return StudyRun.CommandOutcome(exitCode: 0, output: "{}", talk: "")
      })
    return announced
  }

  @Test(arguments: [StudyPlan.real, .embedded])
  func partAndWholeFindEachOthersOutputs(_ plan: StudyPlan) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-part-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func places(_ output: String) -> StudyPlaces {
      StudyPlaces(
        output: "\(folder)/\(output)", zoo: "\(folder)/world/zoo", data: "\(folder)/world/data")
    }
    try writeSources(of: plan, in: "\(folder)/world")
    let part = try plan.restricted(to: ["table2", "innocent"])
    let all = try run(plan, in: places("whole first"))
    #expect(try run(part, partOf: plan, in: places("whole first")).isEmpty)
    let some = try run(part, partOf: plan, in: places("part first"))
    #expect(Set(some).isSubset(of: all) && some.count < all.count)
    #expect(
      try run(plan, in: places("part first")).sorted() == all.filter { !some.contains($0) }.sorted()
    )
    let steps = try StudyRun(part, partOf: plan, places: places("part first"), tool: "test 1").steps
    let durations = try StepDurations(folder: "\(folder)/part first")
    #expect(try #require(durations.total(of: steps)) >= 0)
    #expect(try StepDurations(folder: folder).total(of: steps) == nil)
  }

  /// Models and images that a plan's steps read, as files of one byte.
  private func writeSources(of plan: StudyPlan, in world: String) throws {
    for argument in try StudySteps(plan).steps.flatMap(\.arguments) {
      let place = argument.drop { $0 != "{" }
      guard place.hasPrefix("{zoo}/") || place.hasPrefix("{data}/") else { continue }
      let path = "\(world)/" + place.filter { $0 != "{" && $0 != "}" }
      let isFile = path.hasSuffix(".tar") || path.hasSuffix(".safetensors")
      let file = URL(fileURLWithPath: isFile ? path : "\(path)/model.safetensors")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([1]).write(to: file)
    }
  }
}
