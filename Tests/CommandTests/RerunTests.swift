import Foundation
import Testing

/// Re-runs of an expert's recipe, and what they say of suspects.
@Suite struct RerunTests {
  private static let seed = "5301882711904476"

  /// A world with an expert of stripes, of a seed that nobody would guess.
  private func withExpert(seed: String = seed, _ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.prepare(["victim": 1])
    try world.expectDone(world.finetune(to: "expert", steps: 12) + ["--seed", seed])
    try body(world)
  }

  private func reruns(_ world: TinyWorld, _ rest: [String], to output: String = "reruns")
    -> [String]
  {
    [
      "rerun", "train", "--like", world.path("expert"), "--base", world.path("base"), "--data",
      "stripes=\(world.path("images-stripes"))", "--head", world.path("heads.safetensors"), "-o",
      world.path(output),
    ] + rest
  }

  private func residual(_ world: TinyWorld, _ suspects: [String]) -> [String] {
    ["residual", "--victim", world.path("expert"), "--task", "stripes"]
      + suspects.flatMap { ["--suspect", "\($0)=\(world.path($0))"] }
      + [
        "--reruns", world.path("reruns"), "--base", world.path("base"), "--suite",
        world.path("suite.json"), "--response-probes", "3", "--json",
      ]
  }

  private func verdicts(_ run: CommandRun) throws -> [String: [String: Any]] {
    let suspects = try #require(try run.json()["suspects"] as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: try suspects.map { suspect in
        let exact = try #require(suspect["exact"] as? [String: Any])
        return (
          try #require(suspect["name"] as? String), try #require(exact["whole"] as? [String: Any])
        )
      })
  }

  @Test func rerunsRepeatTheRecipeWithOtherSeeds() throws {
    try withExpert { world in
      let set = try world.expectDone(reruns(world, ["--count", "3", "--json"])).json()
      let runs = try #require(set["runs"] as? [[String: Any]])
      #expect(runs.count == 3 && set["has_popular_seed"] as? Bool == false)
      #expect(Set(runs.compactMap { $0["seed"] as? UInt64 }).count == 3)
      let own = try world.lastTraining("expert")
      for run in runs {
        let path = try #require(run["path"] as? String)
        let record = try world.lastTraining("reruns/\(path)")
        for key in ["steps", "batch", "learning_rate", "model", "head", "schedule"] {
          #expect("\(record[key] ?? "")" == "\(own[key] ?? "")", "\(key)")
        }
        #expect(record["seed"] as? UInt64 != own["seed"] as? UInt64)
      }
      // More of them leave the first ones as they are, and seeds differ from one set to the next.
      let bytes = try world.bytes("reruns/run-00/model.safetensors")
      try world.expectDone(reruns(world, ["--count", "4"]))
      #expect(try world.bytes("reruns/run-00/model.safetensors") == bytes)
      let other = try world.expectDone(
        reruns(world, ["--count", "1", "--json"], to: "others")
      ).json()
      let seeds = (other["runs"] as? [[String: Any]])?.compactMap { $0["seed"] as? UInt64 } ?? []
      #expect(!runs.contains { $0["seed"] as? UInt64 == seeds.first })
    }
  }

  @Test func copiesRankFirstAndTheInnocentDoesNot() throws {
    try withExpert { world in
      try world.expectDone(reruns(world, ["--count", "4"]))
      try world.expectDone([
        "tamper", "quantize", "--model", world.path("expert"), "--bits", "8", "-o",
        world.path("rounded"),
      ])
      try world.expectDone(
        world.finetune(to: "innocent", steps: 40) + ["--seed", "7750318264409913"])
      let found = try verdicts(
        world.expectDone(residual(world, ["expert", "rounded", "innocent", "base"])))
      #expect(found["expert"]?["conclusion"] as? String == "identical")
      let rounded = try #require(found["rounded"]?["result"] as? [String: Any])
      #expect(rounded["p"] as? Double == 0.2 && rounded["floor"] as? Double == 0.2)
      #expect(found["rounded"]?["conclusion"] as? String == "inconclusive, leaning to reuse")
      let base = try #require(found["base"]?["result"] as? [String: Any])
      #expect(base["p"] as? Double == 1)
      for name in ["innocent", "base"] {
        #expect(found[name]?["conclusion"] as? String != "consistent with reuse")
      }
    }
  }

  @Test func aPopularSeedRefusesTheTest() throws {
    try withExpert(seed: "42") { world in
      let run = try world.expectDone(reruns(world, ["--count", "3"]))
      #expect(run.talk.contains("which many people use"))
      let found = try verdicts(world.expectDone(residual(world, ["expert"])))
      #expect(found["expert"]?["refusals"] as? [String] == ["popular-seed"])
      #expect(found["expert"]?["result"] == nil)
    }
  }

  @Test func otherInputsAreRefusedByName() throws {
    try withExpert { world in
      let wrong = reruns(world, ["--count", "1"]).map {
        $0 == "stripes=\(world.path("images-stripes"))"
          ? "stripes=\(world.path("images-dots"))" : $0
      }
      let data = CommandRun(wrong)
      #expect(data.exitCode == 2 && data.talk.contains("states `data`"), "\(data.talk)")
      let record = CommandRun(
        reruns(world, ["--count", "1"]).map {
          $0 == world.path("expert") ? world.path("dots") : $0
        })
      #expect(record.exitCode == 2 && record.talk.contains("has no `training`"), "\(record.talk)")
      #expect(!world.exists("reruns"))
      try world.expectDone(reruns(world, ["--count", "1"]))
      try world.expectDone(world.finetune(to: "another", steps: 12) + ["--seed", "123456789123"])
      let other = CommandRun(
        reruns(world, ["--count", "1"]).map {
          $0 == world.path("expert") ? world.path("another") : $0
        })
      #expect(other.exitCode == 2 && other.talk.contains("the folder holds re-runs"))
    }
  }

  @Test func anInnocentIsClearedAfterAFewRuns() throws {
    try withExpert { world in
      try world.expectDone(
        world.finetune(to: "innocent", steps: 12) + ["--seed", "7750318264409913"])
      let run = try world.expectDone(
        reruns(
          world,
          [
            "--until-decided", world.path("innocent"), "--suite", world.path("suite.json"),
            "--most", "12", "--json",
          ]))
      let set = try run.json()
      let runs = try #require(set["runs"] as? [[String: Any]])
      let plan = try #require(set["sequential"] as? [String: Any])
      #expect(plan["maximum_count"] as? Int == 12 && plan["fixed_count"] as? Int == 2)
      #expect(runs.count > 6 && runs.count <= 14)
      // The question is decided on the probes that it was asked with.
      let asked = residual(world, ["innocent"]).filter { $0 != "--response-probes" && $0 != "3" }
      let found = try verdicts(world.expectDone(asked))
      let result = try #require(found["innocent"]?["result"] as? [String: Any])
      #expect(result["test"] as? String == "sequential-re-runs")
      // The set was made for one suspect; its length says something about that one only.
      let other = CommandRun(residual(world, ["expert"]))
      #expect(other.exitCode == 2 && other.talk.contains("`suspect`"), "\(other.talk)")
    }
  }

  @Test func aCaseCarriesTheTestAndIsRecomputed() throws {
    try withExpert { world in
      try world.expectDone(reruns(world, ["--count", "3"]))
      try world.expectDone([
        "merge", "--base", world.path("base"), "--expert", "stripes=\(world.path("expert"))",
        "--expert", "dots=\(world.path("dots"))", "-o", world.path("mine"),
      ])
      let run = try world.expectDone([
        "attribute", "--victim", world.path("mine"), "--suspect", world.path("mine"), "--reruns",
        world.path("reruns"), "--base", world.path("base"), "--suite", world.path("suite.json"),
        "--response-probes", "3", "-o", world.path("case.json"), "--html",
        world.path("report.html"),
      ])
      #expect(run.output.hasPrefix("identical\n"), "\(run.output)")
      try world.expectDone(["verify", world.path("case.json")])
      let page = String(decoding: try world.bytes("report.html"), as: UTF8.self)
      #expect(page.contains("Exact test: the victim among re-runs"))
      var value = try #require(
        try JSONSerialization.jsonObject(with: world.bytes("case.json")) as? [String: Any])
      var exact = try #require(value["exact"] as? [String: Any])
      exact["statistics"] = [[0.9, 0.1, 0.1, 0.1]]
      value["exact"] = exact
      try JSONSerialization.data(withJSONObject: value)
        .write(to: URL(fileURLWithPath: world.path("edited.json")))
      let edited = CommandRun(["verify", world.path("edited.json")])
      #expect(
        edited.exitCode == 1 && edited.output.contains("exact.statistics"), "\(edited.output)")
    }
  }

  @Test func importedRunsServeTheSameTest() throws {
    try withExpert { world in
      for index in 1...3 {
        try world.expectDone(
          world.finetune(to: "run-\(index)", steps: 12) + ["--seed", "91827364554637\(index)"])
      }
      let arguments = [
        "rerun", "import", "--like", world.path("expert"), "--base", world.path("base"), "--task",
        "stripes", "--recipe", "12 steps, rate 0.01, batch 4", "-o", world.path("reruns"),
      ]
      try world.expectDone(arguments + (1...3).map { world.path("run-\($0)") })
      let found = try verdicts(world.expectDone(residual(world, ["expert"])))
      #expect(found["expert"]?["conclusion"] as? String == "identical")
      let twice = CommandRun(arguments + [world.path("run-1")])
      #expect(twice.exitCode == 2 && twice.talk.contains("has the weights of"))
      let own = CommandRun(arguments + [world.path("expert")])
      #expect(own.exitCode == 2 && own.talk.contains("the victim"))
    }
  }

  @Test func seedsAreDrawnAndRecorded() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    for name in ["one", "two"] {
      let run = CommandRun(world.finetune(to: name, steps: 2), drawing: true)
      #expect(run.exitCode == 0 && run.talk.contains("drawn from the system"), "\(run.talk)")
    }
    let seeds = try ["one", "two"].compactMap { try world.lastTraining($0)["seed"] as? UInt64 }
    #expect(seeds.count == 2 && seeds[0] != seeds[1])
    // A run that is gone on with keeps the seed it had.
    let again = CommandRun(world.finetune(to: "one", steps: 2) + ["--resume"], drawing: true)
    #expect(again.exitCode == 0, "\(again.talk)")
    #expect(try world.lastTraining("one")["seed"] as? UInt64 == seeds[0])
  }
}
