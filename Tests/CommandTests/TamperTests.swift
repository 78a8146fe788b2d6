import Checkpoints
import Foundation
import Testing

/// `routemark tamper`: every operation on every form of a model.
@Suite struct TamperTests {
  /// A world with a fourth tower and a merge of the first three in both forms.
  private func tamperWorld() throws -> TinyWorld {
    let world = try TinyWorld()
    try world.writeTower("rings", seed: 1, drift: 20)
    for form in [("recipe", []), ("full", ["--full"])] {
      try world.expectDone(
        world.mergeArguments() + ["--seed", "1"] + form.1 + ["-o", world.path(form.0)])
    }
    return world
  }

  @Test(arguments: TamperCase.all, ["recipe", "full", "stripes"])
  func recordsWhatItDidAndLeavesItsInputsAlone(_ operation: TamperCase, model: String) throws {
    let world = try tamperWorld()
    defer { world.remove() }
    let before = try world.files()
    let arguments = operation.arguments(world, model: model) + ["--json"]
    guard operation.worksOnTowers || model != "stripes" else {
      let run = CommandRun(arguments + ["-o", world.path("out")])
      #expect(run.exitCode == 2 && run.output.isEmpty)
      #expect(run.talk.contains("`\(operation.operation)` needs a merged model"), "\(run.talk)")
      #expect(try world.files() == before)
      return
    }
    var preview = try world.expectDone(arguments + ["--dry-run"]).json()
    #expect(try world.files() == before)
    var done = try world.expectDone(arguments + ["-o", world.path("out")]).json()
    #expect(try world.files().filter { !$0.key.hasPrefix("out/") } == before)

    #expect(done["schema"] as? String == "routemark.tampering/1")
    #expect(preview.removeValue(forKey: "dryRun") as? Bool == true)
    #expect(done.removeValue(forKey: "dryRun") as? Bool == false)
    var report = try #require(done["report"] as? [String: Any])
    #expect(report.removeValue(forKey: "output") as? String == world.path("out"))
    done["report"] = report
    // A preview says what the operation does, number for number.
    #expect(preview as NSDictionary == done as NSDictionary)
    #expect(try #require(done["changedNumberCount"] as? Int) > 0)

    let record = try #require(report["record"] as? [String: Any])
    let digest = try world.expectDone(["inspect", world.path(model), "--json"]).json()["digest"]
    #expect(record["operation"] as? String == operation.operation)
    #expect(record["seed"] as? Int == operation.seed)
    #expect(record["input_sha256"] as? String == digest as? String)
    #expect((record["parameters"] as? [String: Any])?.isEmpty == false || operation.seed != nil)
    let written = try configuration(world, "out")["tampering"] as? [[String: Any]]
    #expect(written.map { $0 as NSArray } == [record] as NSArray)
    try world.expectDone(["inspect", world.path("out")])
  }

  @Test(arguments: TamperCase.all)
  func helpSummariesPreviewsAndRefusalsAreAsRecorded(_ operation: TamperCase) throws {
    let world = try tamperWorld()
    defer { world.remove() }
    let transcript = Snapshot.transcript(operation.transcript(world), in: world)
    #expect(!world.fileNames.contains { $0.contains("partial") })
    try Snapshot.compare(transcript, name: "tamper/\(operation.name)")
  }

  @Test func theGroupSaysWhichOperationsThereAre() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try Snapshot.compare(
      Snapshot.transcript([["tamper", "--help"], ["tamper", "melt"]], in: world),
      name: "tamper/operations")
  }

  @Test func operationsCanBeChainedAndTheOutputHasTheElementTypeAskedFor() throws {
    let world = try tamperWorld()
    defer { world.remove() }
    try world.expectDone([
      "tamper", "delete", "--model", world.path("recipe"), "--expert", "dots", "-o",
      world.path("first"), "--element-type", "f16",
    ])
    try world.expectDone([
      "tamper", "noise", "--model", world.path("first"), "--sigma", "0.1", "-o",
      world.path("second"), "--element-type", "bf16",
    ])
    let keys = try configuration(world, "second")
    let records = try #require(keys["tampering"] as? [[String: Any]])
    #expect(records.map { $0["operation"] as? String } == ["delete", "noise"])
    #expect(keys["torch_dtype"] as? String == "bfloat16")
    let inspection = try world.expectDone(["inspect", world.path("second"), "--json"]).json()
    #expect((inspection["elementTypes"] as? [String: Int])?.keys.sorted() == ["BF16"])
    #expect(
      (inspection["mixture"] as? [String: Any])?["experts"] as? [String] == ["stripes", "noise"])
  }

  @Test func anOutputThatWouldChangeAnInputIsRefused() throws {
    let world = try tamperWorld()
    defer { world.remove() }
    let before = try world.files()
    for (model, output) in [
      ("full", "full"), ("recipe", "recipe"), ("recipe", "dots"), ("recipe", "recipe/inside"),
    ] {
      let run = CommandRun([
        "tamper", "permute", "--model", world.path(model), "--force", "-o", world.path(output),
      ])
      #expect(run.exitCode == 2, "\(model) to \(output)")
      #expect(run.talk.contains("would change the input"), "\(run.talk)")
    }
    #expect(try world.files() == before)
  }

  @Test func fineTuningIsAnAlias() throws {
    let world = try tamperWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.finetune(to: "one", steps: 3))
    try world.expectDone(["tamper"] + world.finetune(to: "two", steps: 3))
    for file in ["config.json", "model.safetensors"] {
      #expect(try world.bytes("one/\(file)") == world.bytes("two/\(file)"))
    }
    let entry = try world.lastTraining("two")
    let digest = try world.expectDone(["inspect", world.path("base"), "--json"]).json()["digest"]
    #expect(entry["operation"] as? String == "finetune")
    #expect(entry["model"] as? String == digest as? String)
  }

  private func configuration(_ world: TinyWorld, _ model: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: world.bytes("\(model)/config.json"))
    return try #require(value as? [String: Any])
  }
}
