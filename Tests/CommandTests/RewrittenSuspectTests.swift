import Foundation
import Testing

/// `routemark residual` on suspects that were rewritten, or cannot be read.
@Suite struct RewrittenSuspectTests {
  private func withPool(_ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.prepare(["victim": 1])
    try world.expectDone(world.trainNulls(count: 4))
    try body(world)
  }

  private func residual(_ world: TinyWorld, _ suspects: [String]) -> [String] {
    ["residual", "--victim", world.path("victim")]
      + suspects.flatMap { ["--suspect", "\($0)=\(world.path($0))"] } + [
        "--nulls", world.path("nulls"), "--base", world.path("base"), "--suite",
        world.path("suite.json"), "--response-probes", "3",
      ]
  }

  private func suspects(_ run: CommandRun) throws -> [String: [String: Any]] {
    let entries = try #require(try run.json()["suspects"] as? [[String: Any]])
    return Dictionary(
      uniqueKeysWithValues: try entries.map { (try #require($0["name"] as? String), $0) })
  }

  private func score(_ evidence: Any?) throws -> Double {
    let decisions = try #require((evidence as? [String: Any])?["decisions"] as? [[String: Any]])
    let test = try #require(decisions.first?["test"] as? [String: Any])
    return try #require((test["scores"] as? [String: Any])?["score"] as? Double)
  }

  private func quantities(_ suspect: [String: Any]) -> [String: Double] {
    let findings = suspect["findings"] as? [[String: Any]] ?? []
    let changed = findings.first { $0["kind"] as? String == "coordinatesChanged" }
    let pairs = (changed?["quantities"] as? [[String: Any]] ?? []).compactMap { quantity in
      (quantity["name"] as? String).flatMap { name in
        (quantity["value"] as? Double).map { (name, $0) }
      }
    }
    return Dictionary(pairs) { first, _ in first }
  }

  @Test func rewritesChangeNoResidualAndAreFindings() throws {
    try withPool { world in
      let kinds = ["permute-channels", "pad-units", "flip-norms", "turn-heads", "split-layers"]
      for kind in kinds {
        try world.expectDone(
          ["tamper", "rewrite", kind, "--model", world.path("dots"), "-o", world.path(kind)]
            + (kind == "pad-units" ? ["--count", "5"] : []))
      }
      let run = try world.expectDone(residual(world, ["dots"] + kinds) + ["--json"])
      let found = try suspects(run)
      let plain = try #require(found["dots"])
      for kind in kinds {
        let suspect = try #require(found[kind])
        for part in ["evidence", "attention"] {
          let difference = try score(suspect[part]) - score(plain[part])
          #expect(abs(difference) < 1e-4, "\(kind) \(part)")
        }
      }
      #expect(quantities(plain).isEmpty)
      #expect(try quantities(#require(found["permute-channels"]))["channels permuted"] != nil)
      #expect(try quantities(#require(found["pad-units"]))["idle units"] == 10)
      #expect(try quantities(#require(found["flip-norms"]))["norms rewritten"] != nil)
      #expect(try quantities(#require(found["split-layers"]))["idle layers"] == 2)
      #expect(CommandRun(residual(world, kinds)).output.contains("coordinates changed, clear"))
    }
  }

  @Test func anOwnMLPOnStolenAttentionIsReported() throws {
    try withPool { world in
      try world.expectDone(
        world.trainNulls(count: 1, to: "innocents") + ["--seed", "9"])
      try world.writeHybrid("hybrid", mlps: "innocents/experts/dots-00", rest: "dots")
      let found = try suspects(world.expectDone(residual(world, ["hybrid"]) + ["--json"]))
      let hybrid = try #require(found["hybrid"])
      #expect(try score(hybrid["attention"]) > 0.99)
      #expect(try score(hybrid["evidence"]) < 0.9)
    }
  }

  @Test func oneUnreadableSuspectDoesNotStopTheOthers() throws {
    try withPool { world in
      try FileManager.default.copyItem(atPath: world.path("dots"), toPath: world.path("broken"))
      try Data("no tensors".utf8)
        .write(to: URL(fileURLWithPath: world.path("broken/model.safetensors")))
      let run = CommandRun(residual(world, ["broken", "dots"]) + ["--json"])
      #expect(run.exitCode == 2)
      #expect(run.talk.contains("`broken` was not examined"))
      #expect(try suspects(run).keys.sorted() == ["dots"])
      let failures = try #require(try run.json()["failures"] as? [[String: Any]])
      #expect(failures.map { $0["name"] as? String } == ["broken"])
      #expect((failures.first?["code"] as? String)?.hasPrefix("checkpoint.") == true)
    }
  }

  @Test func aMergeIsNotRewritten() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let run = CommandRun([
      "tamper", "rewrite", "fold-norms", "--model", world.path("victim"), "-o", world.path("out"),
    ])
    #expect(run.exitCode == 2 && run.talk.contains("needs a plain tower"))
    let rotated = CommandRun([
      "tamper", "rewrite", "rotate-stream", "--model", world.path("dots"), "--dry-run",
    ])
    #expect(rotated.exitCode == 2 && rotated.talk.contains("would change what the tower computes"))
    let count = CommandRun([
      "tamper", "rewrite", "fold-norms", "--count", "3", "--model", world.path("dots"),
      "--dry-run",
    ])
    #expect(count.exitCode == 64)
  }
}
