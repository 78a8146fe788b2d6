import Foundation
import Tensors
import Testing

/// `routemark reproduce`, with a plan that takes seconds.
@Suite struct ReproduceTests {
  @Test func aPrintedPlanIsAPlan() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let printed = try study.expectDone(["reproduce", "--embedded", "--print-plan"])
    #expect(try printed.json()["schema"] as? String == "routemark.plan/1")
    try study.write(printed.output, to: "printed.json")
    let again = ["reproduce", "--embedded", "--plan", study.path("printed.json"), "--print-plan"]
    #expect(try study.expectDone(again).output == printed.output)
    let shorter = try study.expectDone(again + ["--finetune-steps", "7", "--adapt-steps", "9"])
    let adaptation = try shorter.json()["adaptation"] as? [String: Any]
    #expect(adaptation?["steps"] as? Int == 9)
    let sets = try #require(try shorter.json()["expertSets"] as? [[String: Any]])
    #expect(sets.map { $0["steps"] as? Int } == [7, 7, 120, 35, 120])
    #expect(try FileManager.default.contentsOfDirectory(atPath: study.folder).count == 2)
  }

  @Test func aStudyIsRunOnceAndAChangeDoesAgainWhatDependsOnIt() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let first = try study.expectDone(study.arguments(to: "out", ["--json"]))
    #expect(try first.json()["schema"] as? String == "routemark.study/1")
    #expect(Data(first.output.utf8) == (try study.bytes("out/study.json")))
    let suspects = try #require(try first.json()["suspects"] as? [[String: Any]])
    #expect(
      suspects.map { $0["name"] as? String }
        == ["victim", "fine-tuned", "innocent", "replaced", "pruned"])
    let finished = TinyStudy.announced(first)
    #expect(try Set(study.json("out/steps.json").keys) == Set(finished))
    #expect(try Set(study.json("out/seconds.json").keys) == Set(finished))

    let second = try study.expectDone(study.arguments())
    #expect(TinyStudy.announced(second).isEmpty)
    #expect(second.output.contains("WANDA 50 %") && second.output.contains("accuracy of"))
    #expect(second.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(Data(first.output.utf8) == (try study.bytes("out/study.json")))

    try study.write(
      TinyStudy.plan.replacingOccurrences(of: "--sparsity 0.5", with: "--sparsity 0.4"),
      to: "changed.json")
    let changed = TinyStudy.announced(
      try study.expectDone(study.arguments(plan: "changed.json")))
    #expect(changed.contains("models/pruned") && changed.contains("cases/pruned.json"))
    #expect(changed.allSatisfy { $0.contains("pruned") }, "\(changed)")
  }

  @Test func aPartIsMadeInTheFolderOfTheWholeAndTheWholeGoesOnFromIt() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let only = ["--only", "table2,innocent"]
    let part = try study.expectDone(study.arguments(to: "out", only + ["--json"]))
    let names = try #require(try part.json()["suspects"] as? [[String: Any]])
    #expect(names.map { $0["name"] as? String } == ["victim", "innocent", "pruned"])
    #expect(Data(part.output.utf8) == (try study.bytes("out/part.json")))
    let made = TinyStudy.announced(part)
    #expect(!made.contains { $0.contains("tuned") || $0.contains("replaced") }, "\(made)")

    let whole = try study.expectDone(study.arguments())
    #expect(Set(TinyStudy.announced(whole)).isDisjoint(with: made))
    let again = try study.expectDone(study.arguments(to: "out", only))
    #expect(TinyStudy.announced(again).isEmpty)
    #expect(Data(part.output.utf8) == (try study.bytes("out/part.json")))
    let all = try #require(try study.json("out/study.json")["suspects"] as? [[String: Any]])
    let same = all.filter { suspect in
      ["victim", "innocent", "pruned"].contains(suspect["name"] as? String)
    }
    #expect(same as NSArray == names as NSArray)
  }

  @Test func modelsAndImagesOfOnesOwnGiveTheSameNumbers() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let own = try study.expectDone(study.arguments(to: "out", ["--json"])).json()
    var plan = try study.json("plan.json")
    plan["world"] = nil
    try JSONSerialization.data(withJSONObject: plan)
      .write(to: URL(fileURLWithPath: study.path("real.json")))
    let arguments = [
      "reproduce", "--zoo", study.path("out/world/zoo"), "--data", study.path("out/world/data"),
      "--plan", study.path("real.json"), "-o", study.path("real"),
    ]
    let real = try study.expectDone(arguments + ["--json"]).json()
    for key in ["suspects", "sampleSizes", "accuracies", "curves"] {
      #expect(own[key] as? NSArray == real[key] as? NSArray, "\(key)")
    }
    // A part depends on the models of the whole, so it finds everything done.
    let part = try study.expectDone(arguments + ["--only", "pruned"])
    #expect(TinyStudy.announced(part).isEmpty)
  }

  @Test func aStepThatFailsIsNamedAndTheNextRunGoesOnThere() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let broken = TinyStudy.plan.replacingOccurrences(
      of: "prune --method wanda --sparsity 0.5 {calibration}", with: "quantize --bits 5")
    try study.write(broken, to: "broken.json")
    let run = CommandRun(study.arguments(plan: "broken.json"))
    #expect(run.exitCode == 2 && run.output.isEmpty)
    #expect(run.talk.contains("`routemark tamper quantize --bits 5"), "\(run.talk)")
    #expect(run.talk.contains("expected 8, 4 or 3") && run.talk.contains("out/models/pruned"))
    #expect(!FileManager.default.fileExists(atPath: study.path("out/study.json")))
    let rest = TinyStudy.announced(try study.expectDone(study.arguments()))
    #expect(rest.first == "models/pruned" && !rest.contains("models/victim"), "\(rest)")
  }

  /// Where the moments fall decides what is tested, never whether the test passes.
  @Test func aKilledStudyGoesOnToTheSameBytes() throws {
    guard let program = KillTests.program else {
      print("skipped: a killed study: the built program is not beside the tests")
      return
    }
    let study = try TinyStudy()
    defer { study.remove() }
    let start = Date()
    #expect(try KillTests.run(program, study.arguments(to: "whole"), killedAfter: nil) == 0)
    let duration = Date().timeIntervalSince(start)
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<5 {
      let moment = duration / 4 * Double(generator.next() >> 11) * 0x1p-53
      _ = try KillTests.run(program, study.arguments(), killedAfter: moment)
    }
    #expect(try KillTests.run(program, study.arguments(), killedAfter: nil) == 0)
    #expect(try study.bytes("out/study.json") == study.bytes("whole/study.json"))
    let names = try FileManager.default.subpathsOfDirectory(atPath: study.path("out"))
    let left = names.filter { $0.hasSuffix(".training") || $0.hasSuffix(".partial") }
    #expect(left.isEmpty, "\(left)")
  }

  @Test(arguments: [
    ("{", "invalid"), (#""seed": 1"#, #""seed": 1, "seed": 2"#),
    (#""probes": 4"#, #""probes": "four""#), (#""probes": 4,"#, ""),
    ("routemark.plan/1", "routemark.plan/9"), (#""sampled": "fine-tuned""#, #""sampled": "who""#),
    ("tuned/shapes", "nowhere/shapes"), (#""origin": "base""#, #""origin": "later""#),
    (#""name": "pruned""#, #""name": "victim""#), (#""name": "pruned""#, #""name": "../out""#),
  ]) func aBadPlanIsRefusedBeforeAnythingIsMade(_ text: String, _ replacement: String) throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let plan = TinyStudy.plan.replacingOccurrences(of: text, with: replacement)
    #expect(plan != TinyStudy.plan)
    try study.write(plan, to: "plan.json")
    let run = CommandRun(study.arguments())
    #expect(run.exitCode == 2 && run.output.isEmpty)
    #expect(run.talk.hasPrefix("error: ") && run.talk.contains("hint: "), "\(run.talk)")
    #expect(!FileManager.default.fileExists(atPath: study.path("out")))
  }

  @Test func whatIsAskedForMustFitTogether() throws {
    let study = try TinyStudy()
    defer { study.remove() }
    let output = ["-o", study.path("out")]
    for arguments in [
      [], ["--embedded"], ["--embedded", "--zoo", "x", "--data", "y"] + output,
      ["--zoo", "x"] + output, ["--data", "x"] + output,
      ["--embedded", "--adapt-steps", "0"] + output, ["--embedded", "--only", ","] + output,
      ["--zoo", "x", "--data", "y", "--plan", study.path("plan.json")] + output,
    ] {
      #expect(CommandRun(["reproduce"] + arguments).exitCode == 64, "\(arguments)")
    }
    let nowhere = CommandRun(["reproduce", "--zoo", "/nowhere", "--data", "/nowhere"] + output)
    #expect(nowhere.exitCode == 2 && nowhere.talk.contains("/nowhere/"), "\(nowhere.talk)")
    let unknown = CommandRun(study.arguments(to: "out", ["--only", "fig3,nobody"]))
    #expect(unknown.exitCode == 2 && unknown.talk.contains("`nobody`"), "\(unknown.talk)")
    #expect(!FileManager.default.fileExists(atPath: study.path("out")))
  }
}
