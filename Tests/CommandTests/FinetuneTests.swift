import Checkpoints
import Documents
import Files
import Foundation
import Testing

@Suite struct FinetuneTests {
  @Test func lowersTheLossAndChangesEveryTensor() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    let run = try world.expectDone(world.finetune(to: "tuned") + ["--json"])
    let losses = try world.losses(run)
    #expect(losses.tail < 0.7 * losses.first, "\(losses)")

    let before = try Checkpoint(path: world.path("base"))
    let after = try Checkpoint(path: world.path("tuned"))
    #expect(before.tensorNames == after.tensorNames)
    for name in before.tensorNames {
      let shape = try #require(before.descriptor(of: name)?.shape)
      #expect(
        try before.floats(name, shape: shape) != after.floats(name, shape: shape), "\(name)")
    }
  }

  @Test func saysInTheConfigurationWhatWasDone() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    let configuration = world.path("base/config.json")
    var keys = try StrictJSON.decode([String: JSONValue].self, contentsOf: configuration)
    keys["a_key_of_somebody_else"] = .string("kept")
    try JSONValue.object(keys).write(to: configuration, replacing: true)
    try world.expectDone(
      world.finetune(to: "tuned", steps: 3) + ["--seed", "9", "--schedule", "one-cycle"])
    let written = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("tuned/config.json"))
    for (key, value) in keys where key != "torch_dtype" { #expect(written[key] == value) }
    let entry = try world.lastTraining("tuned")
    #expect(entry["operation"] as? String == "finetune")
    #expect(entry["steps"] as? Int == 3)
    #expect(entry["seed"] as? Int == 9)
    #expect(entry["schedule"] as? String == "one-cycle")
    let data = try #require(entry["data"] as? [[String: Any]])
    #expect(data.map { $0["task"] as? String } == ["stripes"])
    #expect(data.map { $0["samples"] as? Int } == [6])

    try world.expectDone(
      ["finetune", "--model", world.path("tuned"), "--head", world.path("heads.safetensors")]
        + ["--steps", "1", "--batch", "2", "-o", world.path("twice")] + world.data(["dots"]))
    let twice = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("twice/config.json"))
    guard case .array(let entries) = twice["training"] else {
      Issue.record("`training` is a list")
      return
    }
    #expect(entries.count == 2)
  }

  @Test func threadsLeaveNoTraceAndSeedsDo() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    for (name, options) in [
      ("a", ["--threads", "1"]), ("b", ["--threads", "3"]), ("c", ["--seed", "2"]),
    ] {
      try world.expectDone(world.finetune(to: name, steps: 8) + options)
    }
    let bytes = try ["a", "b", "c"].map { try world.bytes("\($0)/model.safetensors") }
    #expect(bytes[0] == bytes[1])
    #expect(bytes[0] != bytes[2])
    #expect(try world.bytes("a/config.json") == world.bytes("b/config.json"))
    #expect(!world.fileNames.contains { $0.contains("training") || $0.contains("partial") })
  }

  @Test func refusesLabelsThatTheHeadDoesNotHave() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads([("stripes", 1, [1, 0, 0, 0])])
    let run = CommandRun(world.finetune(to: "tuned"))
    #expect(run.exitCode == 2)
    #expect(
      run.talk.contains("has 1 classes") && run.talk.contains("images-stripes"), "\(run.talk)")
    #expect(!world.exists("tuned") && !world.exists("tuned.training"))
  }

  @Test func refusesWhatDoesNotFit() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads([("stripes", 2, [1, 0, 0, 0, 1, 0])])
    let width = CommandRun(world.finetune(to: "tuned"))
    #expect(width.exitCode == 2 && width.talk.contains("4"), "\(width.talk)")
    try world.writeHeads([("other", 2, [1, 0, 0, 0, 1, 0, 0, 0])])
    let missing = CommandRun(world.finetune(to: "tuned"))
    #expect(missing.exitCode == 2 && missing.talk.contains("`other`"), "\(missing.talk)")
    try world.writeHeads()
    let rate = CommandRun(world.finetune(to: "tuned") + ["--lr", "-1"])
    #expect(rate.exitCode != 0)
    #expect(!world.exists("tuned"))
  }

  @Test func unfinishedRunIsResumedOnlyWhenAskedAndOnlyWithTheSameSettings() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.finetune(to: "tuned", steps: 4))
    // What a run leaves that was killed before its first state: the folder and its record.
    try FileManager.default.createDirectory(
      atPath: world.path("other.training"), withIntermediateDirectories: false)
    let plain = CommandRun(world.finetune(to: "other", steps: 4))
    #expect(plain.exitCode == 2 && plain.talk.contains("--resume"), "\(plain.talk)")
    let keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("tuned/config.json"))
    guard case .array(let entries) = keys["training"], let record = entries.last else {
      Issue.record("`training` is a list")
      return
    }
    try record.write(to: world.path("other.training/run.json"))
    let changed = CommandRun(world.finetune(to: "other", steps: 5) + ["--resume"])
    #expect(changed.exitCode == 2 && changed.talk.contains("`steps` 4"), "\(changed.talk)")
    try world.expectDone(world.finetune(to: "other", steps: 4) + ["--resume"])
    #expect(
      try world.bytes("other/model.safetensors") == world.bytes("tuned/model.safetensors"))
    #expect(!world.exists("other.training"))
    // Resuming what is finished changes nothing.
    try world.expectDone(world.finetune(to: "other", steps: 4) + ["--resume"])
    #expect(CommandRun(world.finetune(to: "other", steps: 4)).exitCode == 2)
  }
}
