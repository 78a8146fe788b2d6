import Checkpoints
import Documents
import Files
import Foundation
import Testing

/// `routemark finetune` of a merged model.
@Suite struct MixtureFinetuneTests {
  private func mixtureWorld(_ options: [String] = []) throws -> TinyWorld {
    let world = try TinyWorld()
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + options + ["-o", world.path("merged")])
    return world
  }

  /// The tensors of a folder's weights, by name.
  private func tensors(_ path: String) throws -> [String: [Float]] {
    let checkpoint = try Checkpoint(path: path)
    return try Dictionary(
      uniqueKeysWithValues: checkpoint.tensorNames.map { name in
        (name, try checkpoint.floats(name, shape: checkpoint.descriptor(of: name)?.shape ?? []))
      })
  }

  @Test(arguments: ["softmax", "raw"], [false, true])
  func trainsTaskVectorsAndGatesAndNothingElse(routing: String, frozen: Bool) throws {
    let world = try mixtureWorld(["--full", "--routing", routing])
    defer { world.remove() }
    let run = try world.expectDone(
      world.finetuneMixture(to: "tuned", steps: 600) + (frozen ? ["--frozen-gates"] : []) + [
        "--json"
      ])
    let losses = try world.losses(run)
    #expect(losses.tail < 0.2 * losses.first, "\(losses)")
    let before = try tensors(world.path("merged"))
    let after = try tensors(world.path("tuned"))
    #expect(before.keys.sorted() == after.keys.sorted())
    for (name, values) in before {
      let isTrained = name.contains(".task_vectors.") || (name.contains(".gate.") && !frozen)
      #expect((values != after[name]) == isTrained, "\(name)")
    }
    let entry = try world.lastTraining("tuned")
    #expect(entry["operation"] as? String == "finetune")
    #expect(entry["frozen_gates"] as? Bool == frozen)
    let data = try #require(entry["data"] as? [[String: Any]])
    #expect(data.map { $0["task"] as? String } == TinyWorld.experts)
  }

  @Test func recipeAndFullMergeAreTrainedAlikeAndWrittenInFull() throws {
    let world = try mixtureWorld(["--seed", "3"])
    defer { world.remove() }
    try world.expectDone(
      world.mergeArguments() + ["--seed", "3", "--full", "-o", world.path("full")])
    let before = try world.files()
    for form in ["merged", "full"] {
      try world.expectDone(world.finetuneMixture(form, to: "\(form)-tuned", steps: 4))
    }
    #expect(try world.files().filter { before[$0.key] != nil } == before)
    #expect(
      try world.bytes("merged-tuned/model.safetensors")
        == world.bytes("full-tuned/model.safetensors"))
    let inspection = try world.expectDone(["inspect", world.path("merged-tuned"), "--json"]).json()
    #expect(inspection["kind"] as? String == "WEMoE of CLIP vision towers, in full")
    let mixture = try #require(inspection["mixture"] as? [String: Any])
    #expect(mixture["experts"] as? [String] == TinyWorld.experts && mixture["recipe"] == nil)
  }

  @Test func threadsLeaveNoTraceAndSeedsDo() throws {
    let world = try mixtureWorld()
    defer { world.remove() }
    for (name, options) in [
      ("a", ["--threads", "1"]), ("b", ["--threads", "2"]), ("c", ["--threads", "5"]),
      ("d", ["--seed", "2"]),
    ] {
      try world.expectDone(world.finetuneMixture(to: name, steps: 6) + options)
    }
    let bytes = try ["a", "b", "c", "d"].map { try world.bytes("\($0)/model.safetensors") }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
    #expect(bytes[0] != bytes[3])
    #expect(try world.bytes("a/config.json") == world.bytes("b/config.json"))
    #expect(!world.fileNames.contains { $0.contains("training") || $0.contains("partial") })
  }

  @Test func outputIsCapturedEvaluatedAndTrainedOn() throws {
    let world = try mixtureWorld()
    defer { world.remove() }
    try world.prepare([:])
    try world.expectDone(
      world.finetuneMixture(to: "tuned", steps: 5) + ["--element-type", "f16"])
    try world.expectDone([
      "capture", "--model", world.path("tuned"), "--suite", world.path("suite.json"), "-o",
      world.path("tuned.trace.safetensors"),
    ])
    try world.expectDone(
      [
        "evaluate", "--model", world.path("tuned"), "--head", world.path("heads.safetensors"),
      ] + world.dataArguments)
    try world.expectDone(world.adapt("tuned", to: "adapted", steps: 2))
    let value = try JSONSerialization.jsonObject(with: world.bytes("adapted/config.json"))
    let list = try #require((value as? [String: Any])?["training"] as? [[String: Any]])
    #expect(list.map { $0["operation"] as? String } == ["finetune", "adapt"])
  }

  @Test func unfinishedRunIsResumedOnlyWithTheSameSettings() throws {
    let world = try mixtureWorld()
    defer { world.remove() }
    let arguments = world.finetuneMixture(to: "tuned", steps: 4)
    try world.expectDone(arguments)
    let keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("tuned/config.json"))
    guard case .array(let entries) = keys["training"], let record = entries.last else {
      Issue.record("`training` is a list")
      return
    }
    try FileManager.default.createDirectory(
      atPath: world.path("other.training"), withIntermediateDirectories: false)
    try record.write(to: world.path("other.training/run.json"))
    let other = world.finetuneMixture(to: "other", steps: 4)
    let frozen = CommandRun(other + ["--resume", "--frozen-gates"])
    #expect(frozen.exitCode == 2 && frozen.talk.contains("`frozen_gates` false"), "\(frozen.talk)")
    #expect(CommandRun(other).exitCode == 2)
    try world.expectDone(other + ["--resume"])
    #expect(
      try world.bytes("other/model.safetensors") == world.bytes("tuned/model.safetensors"))
    #expect(!world.exists("other.training"))
  }

  @Test(arguments: ["merged", "stripes"], [false, true])
  func aPreviewNamesWhatARunChangesAndWritesNothing(model: String, frozen: Bool) throws {
    guard model == "merged" || !frozen else { return }
    let world = try mixtureWorld(["--full"])
    defer { world.remove() }
    var arguments = world.finetuneMixture(model, to: "tuned", steps: 3)
    if model == "stripes" {
      arguments = world.finetune(to: "tuned", steps: 3)
      arguments[2] = world.path(model)
    }
    if frozen { arguments += ["--frozen-gates"] }
    let files = try world.files()
    let preview = try world.expectDone(arguments + ["--dry-run", "--json"]).json()
    let text = try world.expectDone(["tamper"] + arguments + ["--dry-run"]).output
    #expect(try world.files() == files)
    let named = try #require(preview["trained_tensors"] as? [String])
    #expect(text.contains("would train \(named.count) of"), "\(text)")
    try world.expectDone(arguments)
    let before = try tensors(world.path(model))
    let after = try tensors(world.path("tuned"))
    #expect(Set(named) == Set(before.keys.filter { before[$0] != after[$0] }))
    #expect(preview["tensor_count"] as? Int == before.count)
    #expect(preview["number_count"] as? Int == before.values.reduce(0) { $0 + $1.count })
    let place = try #require(arguments.firstIndex(of: "-o"))
    let nameless = Array(arguments[..<place] + arguments[(place + 2)...])
    #expect(
      try world.expectDone(nameless + ["--dry-run", "--json"]).json() as NSDictionary == preview
        as NSDictionary)
    #expect(CommandRun(nameless).exitCode == 64)
    // The checks are those of a run.
    let bad = CommandRun(
      TinyWorld.changing(arguments, by: ["--head", world.path("nowhere")]) + ["--dry-run"])
    #expect(bad.exitCode == 2 && bad.talk.contains("nowhere"), "\(bad.talk)")
  }

  @Test func whatIsForMergedModelsIsRefusedOnATower() throws {
    let world = try mixtureWorld()
    defer { world.remove() }
    for (options, word) in [
      (["--frozen-gates"], "leaving gates as they are"),
      (world.data(["dots"]), "more than one task"),
    ] {
      let run = CommandRun(world.finetune(to: "tuned") + options)
      #expect(run.exitCode == 2 && run.talk.contains(word), "\(run.talk)")
    }
    let twice = CommandRun(world.finetuneMixture(to: "tuned") + world.data(["dots"]))
    #expect(twice.exitCode == 2 && twice.talk.contains("two tasks are named"), "\(twice.talk)")
    #expect(!world.exists("tuned") && !world.exists("tuned.training"))
  }
}
