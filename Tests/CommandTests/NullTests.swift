import Foundation
import Testing

@Suite struct NullTests {
  private func withWorld(_ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try body(world)
  }

  private func experts(_ pool: [String: Any]) -> [[String: Any]] {
    pool["experts"] as? [[String: Any]] ?? []
  }

  @Test func trainsRoundRobinAndGrowsWithoutTrainingAgain() throws {
    try withWorld { world in
      let first = try world.expectDone(world.trainNulls(count: 1) + ["--json"]).json()
      #expect(
        experts(first).map { $0["path"] as? String }
          == ["experts/stripes-00", "experts/dots-00", "experts/noise-00"])
      let bytes = try world.bytes("nulls/experts/dots-00/model.safetensors")
      let second = try world.expectDone(world.trainNulls(count: 2) + ["--json"])
      #expect(experts(try second.json()).count == 6)
      #expect(second.talk.contains("[4/6] stripes 1"))
      #expect(!second.talk.contains("[1/6]"))
      #expect(try world.bytes("nulls/experts/dots-00/model.safetensors") == bytes)
      let seeds = experts(try second.json()).compactMap {
        ($0["recipe"] as? [String: Any])?["seed"] as? UInt64
      }
      #expect(Set(seeds).count == 6)
      // The expert is what its recipe says, and half as wide as the base's numbers.
      let entry = try world.lastTraining("nulls/experts/dots-01")
      let recipe = try #require(experts(try second.json())[4]["recipe"] as? [String: Any])
      for key in ["batch", "steps", "learning_rate", "weight_decay", "warmup_steps"] {
        #expect(entry[key] as? Double == recipe[key] as? Double, "\(key)")
      }
    }
  }

  @Test func aStoppedPoolEndsWithTheSameBytes() throws {
    try withWorld { world in
      try world.expectDone(world.trainNulls(count: 2, to: "whole"))
      try world.expectDone(world.trainNulls(count: 2, to: "stopped"))
      // As a kill between an expert and the manifest leaves it.
      let manifest = try world.bytes("stopped/pool.json")
      var value = try #require(
        try JSONSerialization.jsonObject(with: manifest) as? [String: Any])
      value["experts"] = Array(experts(value).prefix(2))
      try JSONSerialization.data(withJSONObject: value)
        .write(to: URL(fileURLWithPath: world.path("stopped/pool.json")))
      try FileManager.default.removeItem(atPath: world.path("stopped/experts/noise-01"))
      try world.expectDone(world.trainNulls(count: 2, to: "stopped"))
      #expect(try world.bytes("stopped/pool.json") == world.bytes("whole/pool.json"))
      for name in ["noise-00", "noise-01"] {
        let file = "experts/\(name)/model.safetensors"
        #expect(try world.bytes("stopped/\(file)") == world.bytes("whole/\(file)"))
      }
    }
  }

  @Test func mergesEveryCompleteSetAndCapturesIt() throws {
    try withWorld { world in
      try world.expectDone(
        ["suite", "create", "--count", "4", "-o", world.path("suite.json")]
          + world.taskArguments)
      try world.expectDone(world.trainNulls(count: 2))
      let pool = try world.expectDone(world.mergeNulls() + ["--json"]).json()
      let merges = try #require(pool["merges"] as? [String: Any])
      let entries = try #require(merges["entries"] as? [[String: Any]])
      #expect(entries.map { $0["path"] as? String } == ["merges/00", "merges/01"])
      #expect(!world.exists("nulls/merges/00.start"))
      let print = try JSONSerialization.jsonObject(
        with: world.bytes("nulls/merges/01.fingerprint.json"))
      #expect((print as? [String: Any])?["experts"] as? [String] == TinyWorld.experts)
      let again = try world.expectDone(world.mergeNulls())
      #expect(!again.talk.contains("[1/2]"))
    }
  }

  @Test func aPoolIsRefusedForAnotherBaseSuiteOrSetting() throws {
    try withWorld { world in
      try world.expectDone(
        ["suite", "create", "--count", "4", "-o", world.path("suite.json")]
          + world.taskArguments)
      try world.expectDone(
        ["suite", "create", "--count", "3", "-o", world.path("other.json")]
          + world.taskArguments)
      try world.expectDone(world.trainNulls(count: 1))
      try world.expectDone(world.mergeNulls())
      let suite = CommandRun(world.mergeNulls(suite: "other.json"))
      #expect(suite.exitCode == 2)
      #expect(suite.talk.contains("the pool's merges belong to the suite sha256:"))
      let seed = CommandRun(world.trainNulls(count: 1) + ["--seed", "1"])
      #expect(seed.exitCode == 2)
      #expect(seed.talk.contains("the pool was begun with `seed` 0, not 1"))
      let tasks = CommandRun(world.trainNulls(count: 1, tasks: ["dots"]))
      #expect(tasks.talk.contains("the pool belongs to the tasks"))
      try world.writeTower("base", seed: 99, drift: 0)
      for arguments in [world.trainNulls(count: 1), world.mergeNulls()] {
        let base = CommandRun(arguments)
        #expect(base.exitCode == 2)
        #expect(base.talk.contains("the pool belongs to the base model sha256:"))
      }
    }
  }

  @Test func aChangedExpertIsNotMerged() throws {
    try withWorld { world in
      try world.expectDone(
        ["suite", "create", "--count", "4", "-o", world.path("suite.json")]
          + world.taskArguments)
      try world.expectDone(world.trainNulls(count: 1))
      try world.writeTower("nulls/experts/dots-00", seed: 1, drift: 77)
      let run = CommandRun(world.mergeNulls())
      #expect(run.exitCode == 2)
      #expect(run.talk.contains("`experts/dots-00` has the digest"))
    }
  }

  @Test(arguments: [
    (["--lr-range", "1e-3"], 64), (["--lr-range", "1e-3,1e-4"], 2), (["--batches", "0"], 2),
    (["--batches", "a"], 64), (["--count", "0"], 64), (["--images", "1"], 2),
    (["--label-smoothing", "1"], 2),
  ])
  func badOptionsAreRefused(options: [String], code: Int) throws {
    try withWorld { world in
      let run = CommandRun(TinyWorld.changing(world.trainNulls(count: 1), by: options))
      #expect(run.exitCode == Int32(code), "\(run.talk)")
      #expect(!world.exists("nulls"))
    }
  }
}
