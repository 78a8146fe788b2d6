import Foundation
import Testing

/// The way from model folders and images to a verdict that a third party re-checks.
@Suite struct StoryTests {
  @Test func attributesVerifiesAndExplains() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1, "suspect": 2])
    let arguments = [
      "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
      world.path("suspect.trace.safetensors"), "-o", world.path("case.json"), "--html",
      world.path("report.html"),
    ]
    let run = try world.expectDone(arguments)
    #expect(run.output.contains("stripes"))
    #expect(run.output.contains("same task"))
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    let page = String(decoding: try world.bytes("report.html"), as: UTF8.self)
    #expect(page.contains("<html") && !page.contains("<script"))

    let verification = try world.expectDone(["verify", world.path("case.json"), "--json"])
    #expect(try verification.json()["verified"] as? Bool == true)
  }

  @Test func modelIsConsistentWithItself() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let run = try world.expectDone([
      "attribute", "--victim", world.path("victim"), "--suspect",
      world.path("victim.trace.safetensors"), "--suite", world.path("suite.json"), "--json",
    ])
    let matrix = try #require(try run.json()["matrix"] as? [String: Any])
    let similarity = try #require(matrix["similarity"] as? [[Double]])
    for index in similarity.indices { #expect(similarity[index][index] == 1) }
  }

  @Test func intervalsNeedBlocks() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1, "suspect": 2])
    for (name, blocks) in [("victim", "4"), ("suspect", "4"), ("other", "3"), ("none", "0")] {
      let trace = world.path("\(name == "victim" ? name : "suspect").trace.safetensors")
      try world.expectDone([
        "fingerprint", "--trace", trace, "--blocks", blocks, "-o", world.path("\(name).json"),
      ])
    }
    for (name, hasIntervals) in [("suspect", true), ("other", false), ("none", false)] {
      let arguments = [
        "attribute", "--victim", world.path("victim.json"), "--suspect",
        world.path("\(name).json"),
      ]
      let json = try world.expectDone(arguments + ["--json"]).json()
      #expect((json["intervals"] != nil) == hasIntervals, "\(name)")
      let text = try world.expectDone(arguments).output
      #expect(text.contains("no intervals over probe images") != hasIntervals, "\(name)")
    }
    let wrong = CommandRun([
      "fingerprint", "--trace", world.path("victim.trace.safetensors"), "--blocks", "2000", "-o",
      world.path("x.json"),
    ])
    #expect(wrong.exitCode == 64 && wrong.talk.contains("expected 0 to 1000"))
  }

  @Test func shardsAddUpToTheWholeFingerprint() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    var traces: [String] = []
    for shard in 0..<3 {
      traces += ["--trace", world.path("\(shard).safetensors")]
      try world.expectDone([
        "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"),
        "--shard", "\(shard)/3", "-o", world.path("\(shard).safetensors"),
      ])
    }
    try world.expectDone(["fingerprint", "-o", world.path("sum.json")] + traces)
    try world.expectDone([
      "fingerprint", "--trace", world.path("victim.trace.safetensors"), "-o",
      world.path("whole.json"),
    ])
    #expect(try world.bytes("sum.json") == world.bytes("whole.json"))

    let twice = CommandRun(["fingerprint", "-o", world.path("x.json")] + traces + traces[0...1])
    #expect(twice.exitCode == 2)
    #expect(twice.talk.contains("rows 0 to 3"))
    #expect(!world.exists("x.json"))
  }

  @Test func traceDependsNeitherOnThreadsNorOnTheBatch() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let expected = try world.bytes("victim.trace.safetensors")
    for (batch, threads) in [(1, 1), (5, 2), (100, 3)] {
      try world.expectDone([
        "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
        world.path("again.safetensors"), "--force", "--batch", "\(batch)", "--threads",
        "\(threads)",
      ])
      #expect(try world.bytes("again.safetensors") == expected)
    }
  }

  @Test func fullMergeRoutesLikeItsRecipe() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["recipe": 7])
    try world.expectDone(
      world.mergeArguments() + ["--seed", "7", "--full", "-o", world.path("full")])
    let run = try world.expectDone([
      "attribute", "--victim", world.path("recipe"), "--suspect", world.path("full"), "--suite",
      world.path("suite.json"), "--json",
    ])
    let json = try run.json()
    let victim = try #require(json["victim"] as? [String: Any])
    let suspect = try #require(json["suspect"] as? [String: Any])
    let logits = try #require(victim["meanLogits"] as? [[[Double]]])
    #expect(logits == suspect["meanLogits"] as? [[[Double]]])
  }

  @Test func suspectsMayHaveMoreOrFewerExperts() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    for experts in [["dots"], ["dots", "noise"], ["dots", "noise", "stripes", "base"]] {
      try world.expectDone(
        world.mergeArguments(experts) + ["--force", "-o", world.path("suspect")])
      let run = try world.expectDone([
        "attribute", "--victim", world.path("victim"), "--suspect", world.path("suspect"),
        "--suite", world.path("suite.json"), "--json",
      ])
      let attributions = try run.json()["attributions"] as? [[String: Any]]
      #expect(attributions?.count == experts.count)
    }
  }

  @Test(arguments: [0, 1, 2], ["softmax", "raw"])
  func gatesOfEveryDepthAndRoutingAreCaptured(depth: Int, routing: String) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare([:])
    for form in [[], ["--full"]] {
      try world.expectDone(
        world.mergeArguments() + form + [
          "--gate-depth", "\(depth)", "--routing", routing, "--force", "-o", world.path("merge"),
        ])
      let inspection = try world.expectDone(["inspect", world.path("merge"), "--json"])
      let mixture = try #require(try inspection.json()["mixture"] as? [String: Any])
      #expect(mixture["gate_depth"] as? Int == depth)
      #expect(mixture["routing"] as? String == routing)
      try world.expectDone([
        "fingerprint", "--model", world.path("merge"), "--suite", world.path("suite.json"), "-o",
        world.path("x.json"), "--force",
      ])
    }
  }

  @Test func machineIsDescribed() throws {
    let run = CommandRun(["inspect", "--machine", "--json"])
    #expect(run.exitCode == 0)
    let json = try run.json()
    let sets = try #require(json["instructionSets"] as? [String])
    #expect(sets.contains("portable"))
    #expect(sets.contains(try #require(json["kernels"] as? String)))
    #expect(CommandRun(["inspect"]).exitCode == 64)
  }
}
