import Foundation
import Testing

/// Weights against a pool of nulls, by themselves and as part of a case.
@Suite struct ResidualTests {
  /// A world with a suite, a victim of its three experts, and four nulls of each task.
  private func withPool(_ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.prepare(["victim": 1, "suspect": 2])
    try world.expectDone(world.trainNulls(count: 4))
    try body(world)
  }

  private func residual(_ world: TinyWorld, _ suspects: [(String, String)]) -> [String] {
    ["residual", "--victim", world.path("victim")]
      + suspects.flatMap { ["--suspect", "\($0)=\(world.path($1))"] } + evidence(world)
  }

  private func evidence(_ world: TinyWorld) -> [String] {
    [
      "--nulls", world.path("nulls"), "--base", world.path("base"), "--suite",
      world.path("suite.json"), "--response-probes", "3",
    ]
  }

  /// The decisions about each suspect, by its name.
  private func decisions(_ run: CommandRun) throws -> [String: [[String: Any]]] {
    let suspects = try #require(try run.json()["suspects"] as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: try suspects.map { suspect in
        let evidence = try #require(suspect["evidence"] as? [String: Any])
        return (
          try #require(suspect["name"] as? String),
          try #require(evidence["decisions"] as? [[String: Any]])
        )
      })
  }

  private func verdict(_ decision: [String: Any]) -> [String?] {
    let verdict = decision["verdict"] as? [String: Any]
    return [verdict?["verdict"] as? String, verdict?["expert"] as? String]
  }

  private func score(_ decision: [String: Any]) throws -> Double {
    let test = try #require(decision["test"] as? [String: Any])
    return try #require((test["scores"] as? [String: Any])?["score"] as? Double)
  }

  @Test func copiesAreFoundAndIndependentExpertsAreNot() throws {
    try withPool { world in
      try world.expectDone([
        "tamper", "permute", "--model", world.path("dots"), "--seed", "3", "-o",
        world.path("permuted"),
      ])
      try world.expectDone([
        "tamper", "prune", "--model", world.path("dots"), "--sparsity", "0.5", "-o",
        world.path("pruned"),
      ])
      try world.expectDone(
        world.trainNulls(count: 1, to: "innocents") + ["--seed", "9"])
      let innocent = "innocents/experts/dots-00"
      let run = try world.expectDone(
        residual(
          world,
          [
            ("copy/dots", "dots"), ("permuted", "permuted"), ("pruned", "pruned"),
            ("innocent", innocent), ("merge", "suspect"),
          ]) + ["--json"])
      let found = try decisions(run)
      for name in ["copy/dots", "permuted", "pruned"] {
        let decision = try #require(found[name]?.first)
        #expect(verdict(decision) == ["unlike other people's work", "dots"], "\(name)")
        #expect(try score(decision) > 0.999, "\(name)")
      }
      let independent = try #require(found["innocent"]?.first)
      #expect(verdict(independent)[0] != "unlike other people's work")
      #expect(try score(independent) < 0.9)
      let merged = try #require(found["merge"])
      #expect(merged.map { verdict($0)[1] } == TinyWorld.experts)

      let value = try run.json()
      let pool = try #require(value["pool"] as? [String: Any])
      #expect(pool["nullCount"] as? Int == 4)
      #expect(pool["tasks"] as? [String] == TinyWorld.experts)
      let suspects = try #require(value["suspects"] as? [[String: Any]])
      let kinds = suspects.map { suspect in
        (suspect["findings"] as? [[String: Any]] ?? []).compactMap { $0["kind"] as? String }
          // Heads are renumbered with the units, which is a finding of its own.
          .filter { $0 != "coordinatesChanged" }
      }
      #expect(kinds == [[], ["permuted"], ["pruned"], [], []])
      let screening = try #require(value["screening"] as? [String: Any])
      #expect((screening["entries"] as? [Any])?.count == 7)
    }
  }

  @Test func resultsAreTheSameAloneInCompanyAndOnOneThread() throws {
    try withPool { world in
      let alone = try decisions(
        world.expectDone(residual(world, [("copy", "dots")]) + ["--json", "--threads", "1"]))
      let company = try decisions(
        world.expectDone(
          residual(world, [("other", "noise"), ("copy", "dots")]) + ["--json", "--batch", "2"]))
      let (first, second) = (try #require(alone["copy"]), try #require(company["copy"]))
      #expect(first as NSArray == second as NSArray)
    }
  }

  @Test func aPlainVictimIsOfTheTaskThatIsNamed() throws {
    try withPool { world in
      try FileManager.default.copyItem(
        atPath: world.path("dots"), toPath: world.path("mine"))
      let arguments = residual(world, [("copy", "dots")]).map {
        $0 == world.path("victim") ? world.path("mine") : $0
      }
      #expect(CommandRun(arguments).talk.contains("no expert of task `mine`"))
      let found = try decisions(world.expectDone(arguments + ["--task", "dots", "--json"]))
      let decision = try #require(found["copy"]?.first)
      #expect(verdict(decision) == ["unlike other people's work", "dots"])
      let merge = CommandRun(residual(world, [("copy", "dots")]) + ["--task", "dots"])
      #expect(merge.exitCode == 2 && merge.talk.contains("leave out --task"), "\(merge.talk)")
    }
  }

  @Test func printsATableAndWritesAFile() throws {
    try withPool { world in
      let arguments =
        residual(world, [("copy", "dots")]) + ["-o", world.path("residuals.json")]
      let run = try world.expectDone(arguments)
      #expect(run.output.contains("copy     dots    unlike others' work  dots"))
      #expect(run.output.contains("nulls    4 a task"))
      #expect(run.output.contains("residual, 95 % over probe images"))
      #expect(world.exists("residuals.json"))
      let again = CommandRun(arguments)
      #expect(again.exitCode == 2 && again.talk.contains("residuals.json"))
      let none = CommandRun(residual(world, []))
      #expect(none.exitCode == 64)
      let twice = CommandRun(residual(world, [("copy", "dots"), ("copy", "noise")]))
      #expect(twice.exitCode == 64 && twice.talk.contains("Two suspects have the name `copy`"))
    }
  }

  @Test func aCaseCarriesNullEvidenceAndIsRecomputed() throws {
    try withPool { world in
      // Fewer merges than experts.
      try world.expectDone(world.mergeNulls() + ["--count", "3"])
      let arguments =
        [
          "attribute", "--victim", world.path("victim"), "--suspect", world.path("suspect"), "-o",
          world.path("case.json"), "--html", world.path("report.html"),
        ] + evidence(world)
      let run = try world.expectDone(arguments)
      #expect(run.output.contains("white box: functional residual"))
      #expect(run.output.contains("grey box: routing residual"))
      let start = run.output.split(separator: "\n").prefix(4).joined(separator: " ")
      #expect(start.contains("3 of 3 suspect experts are unlike other people's"), "\(start)")
      let page = String(decoding: try world.bytes("report.html"), as: UTF8.self)
      #expect(page.contains("3 of 3 suspect experts are unlike other people"))

      var value = try #require(
        try JSONSerialization.jsonObject(with: world.bytes("case.json")) as? [String: Any])
      var calibration = try #require(value["calibration"] as? [String: Any])
      var input = try #require(calibration["input"] as? [String: Any])
      #expect((input["nullFingerprints"] as? [Any])?.count == 3)
      var grams = try #require(input["responseGrams"] as? [[String: Any]])
      #expect(grams.count == 9)
      // Blocks of responses are kept of tested pairs only.
      #expect(grams.filter { ($0["blocks"] as? [Any])?.count == 3 }.count == 3)
      let intervals = try #require(value["intervals"] as? [String: Any])
      let experts = try #require(intervals["experts"] as? [[String: [String: Double]]])
      for name in ["similarity", "margin", "routingResidual", "functionalResidual"] {
        #expect(experts.allSatisfy { $0[name]?.count == 2 }, "\(name)")
      }
      #expect(run.output.contains("95 % intervals over probe images"))
      #expect(page.contains("95 % intervals over probe images"))
      let result = try world.expectDone(["verify", world.path("case.json"), "--json"])
      #expect(try result.json()["verified"] as? Bool == true)

      // Inner products of another pair lead to other numbers.
      grams[0]["layers"] = grams[1]["layers"]
      input["responseGrams"] = grams
      calibration["input"] = input
      value["calibration"] = calibration
      try JSONSerialization.data(withJSONObject: value)
        .write(to: URL(fileURLWithPath: world.path("case.json")))
      #expect(CommandRun(["verify", world.path("case.json")]).exitCode == 1)
    }
  }

  @Test func withoutWeightsOnlyRoutingIsCompared() throws {
    try withPool { world in
      try world.expectDone(world.mergeNulls() + ["--count", "3"])
      let traces = [
        "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
        world.path("suspect.trace.safetensors"), "--nulls", world.path("nulls"), "--json",
      ]
      let run = try world.expectDone(traces)
      let calibration = try #require(try run.json()["calibration"] as? [String: Any])
      let result = try #require(calibration["result"] as? [String: Any])
      #expect(result["routing"] != nil && result["functional"] == nil)
      let based = try world.expectDone(traces + ["--base", world.path("base")])
      #expect(based.talk.contains("has no weights: only routing is compared"))
    }
  }

  @Test func choicesAgainstAttacksAndTheRuleAreRecordedAndUsed() throws {
    try withPool { world in
      try world.expectDone(world.mergeNulls() + ["--count", "3"])
      func calibration(_ options: [String]) throws -> [String: Any] {
        let run = try world.expectDone(
          [
            "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
            world.path("suspect.trace.safetensors"), "--nulls", world.path("nulls"), "--json",
          ] + options)
        return try #require(try run.json()["calibration"] as? [String: Any])
      }
      let chosen = try calibration([
        "--routing-centring", "expertsAndTasks", "--routing-matching", "byLayer",
        "--routing-scaling", "unitLayers", "--statistic", "withinTask", "--level", "0.3",
        "--none-level", "0.5",
      ])
      let input = try #require(chosen["input"] as? [String: Any])
      let options = try #require(input["options"] as? [String: Any])
      #expect(options["statistic"] as? String == "withinTask")
      #expect(options["consistentLevel"] as? Double == 0.3)
      let routing = try #require(options["routing"] as? [String: String])
      #expect(
        routing == [
          "centring": "expertsAndTasks", "matching": "byLayer", "scaling": "unitLayers",
        ])
      func votes(_ calibration: [String: Any]) -> Any? {
        let result = calibration["result"] as? [String: Any]
        return (result?["routing"] as? [String: Any])?["layerVotes"]
      }
      #expect(votes(chosen) != nil)
      #expect(try votes(calibration([])) == nil)

      let wrong = CommandRun(residual(world, [("copy", "dots")]) + ["--level", "2"])
      #expect(wrong.exitCode == 2 && wrong.talk.contains("consistentLevel"))
    }
  }

  /// Writes a trace in which every image is answered as another one was, task by task in turn: what a
  /// router that hashes its input says.
  private func hash(_ trace: String, to path: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: trace))
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any])
    let logits = try #require(header["router_logits"] as? [String: Any])
    let offsets = try #require(logits["data_offsets"] as? [Int])
    let count = try #require((logits["shape"] as? [Int])?.first)
    let size = (offsets[1] - offsets[0]) / count
    let start = 8 + length + offsets[0]
    let rows = (0..<count).map { data[start + $0 * size..<start + ($0 + 1) * size] }
    let tasks = TinyWorld.experts.count
    for row in 0..<count {
      let source = row % tasks * (count / tasks) + row / tasks
      data.replaceSubrange(start + row * size..<start + (row + 1) * size, with: rows[source])
    }
    try data.write(to: URL(fileURLWithPath: path))
  }

  /// Says in a trace that its router was trained; the header keeps its length.
  private func stateAsTrained(_ path: String) throws {
    let file = URL(fileURLWithPath: path)
    var data = try Data(contentsOf: file)
    let place = try #require(data.range(of: Data(#""untrained""#.utf8)))
    data.replaceSubrange(place, with: Data(#""trained"  "#.utf8))
    try data.write(to: file)
  }

  @Test func aRouterThatDoesNotAnswerToProbesIsSaidToBeSo() throws {
    try withPool { world in
      try world.expectDone(world.mergeNulls() + ["--count", "3"])
      try hash(world.path("suspect.trace.safetensors"), to: world.path("hashed.safetensors"))
      // The gates of this world are fresh, which would be the first thing to say.
      for name in ["victim.trace.safetensors", "hashed.safetensors"] {
        try stateAsTrained(world.path(name))
      }
      func attribute(_ options: [String]) throws -> CommandRun {
        try world.expectDone(
          [
            "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
            world.path("hashed.safetensors"), "--nulls", world.path("nulls"),
          ] + options)
      }
      let run = try attribute([])
      #expect(run.output.hasPrefix("not applicable"), "\(run.output.prefix(300))")
      // Without blocks samples cannot be told from tasks.
      #expect(try !attribute(["--blocks", "0"]).output.hasPrefix("not applicable"))
    }
  }

  @Test func gatesThatWereNeverTrainedAreSaidFirst() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let trace = world.path("victim.trace.safetensors")
    let run = try world.expectDone(["attribute", "--victim", trace, "--suspect", trace])
    let start = run.output.split(separator: "\n").prefix(6).joined(separator: " ")
    // Gates that were never trained come first: nothing follows from them.
    #expect(start.contains("Router untrained"), "\(start)")
  }

  @Test func aPoolOfAnotherBaseSuiteOrTaskIsRefused() throws {
    try withPool { world in
      let nothing = CommandRun([
        "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
        world.path("suspect.trace.safetensors"), "--nulls", world.path("nulls"),
      ])
      #expect(nothing.exitCode == 2)
      #expect(nothing.talk.contains("routemark null merge"))

      try world.expectDone(world.trainNulls(count: 3, to: "few", tasks: ["stripes", "dots"]))
      let few = residual(world, [("copy", "dots")])
        .map { $0 == world.path("nulls") ? world.path("few") : $0 }
      let task = CommandRun(few)
      #expect(task.exitCode == 2)
      #expect(task.talk.contains("no expert of task `noise`, only of `stripes`, `dots`"))

      try world.expectDone(world.mergeNulls() + ["--count", "1"])
      try world.expectDone(
        ["suite", "create", "--count", "3", "-o", world.path("suite.json"), "--force"]
          + world.taskArguments)
      let suite = CommandRun(residual(world, [("copy", "dots")]))
      #expect(suite.exitCode == 2)
      #expect(suite.talk.contains("the pool's merges belong to the suite"))

      try world.writeTower("base", seed: 99, drift: 0)
      let base = CommandRun(residual(world, [("copy", "dots")]))
      #expect(base.exitCode == 2)
      #expect(
        base.talk.contains("the pool belongs to the base model") || base.talk.contains("base"))
    }
  }

  @Test func aChangedNullIsRefused() throws {
    try withPool { world in
      try world.writeTower("nulls/experts/dots-02", seed: 1, drift: 77)
      let run = CommandRun(residual(world, [("copy", "dots")]))
      #expect(run.exitCode == 2)
      #expect(run.talk.contains("`experts/dots-02` has the digest"))
    }
  }
}
