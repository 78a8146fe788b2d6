import Documents
import Files
import Foundation
import Testing

/// Subsets, marks and commitments as their owner meets them.
@Suite struct DiceTests {
  private func world() throws -> TinyWorld {
    let world = try TinyWorld()
    try world.writeHeads()
    return world
  }

  private func mode(_ world: TinyWorld, _ name: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: world.path(name))
    return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  /// A pool of many images in one folder, of two classes that look alike, and its secret half.
  private func drawn(_ world: TinyWorld, count: Int = 60) throws {
    for index in 0..<count {
      let folder = world.path("pool/class-\(index % 2)")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var state = UInt64(index + 1)
      let pixels = (0..<16 * 16 * 3).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      try PNGFile.bytes(width: 16, height: 16, pixels: pixels)
        .write(to: URL(fileURLWithPath: "\(folder)/\(index).png"))
    }
    try world.expectDone([
      "subset", "draw", "--data", "stripes=\(world.path("pool"))", "--within-classes", "-o",
      world.path("used"), "--secret", world.path("subset.json"),
    ])
  }

  private func train(_ world: TinyWorld, _ data: String, to output: String, seed: Int) throws {
    try world.expectDone([
      "finetune", "--model", world.path("base"), "--head", world.path("heads.safetensors"),
      "--data", "stripes=\(world.path(data))", "--steps", "1200", "--lr", "0.01", "--batch", "8",
      "--seed", "\(seed)", "-o", world.path(output),
    ])
  }

  @Test func aSubsetIsFoundInWhoKnowsItAndInNobodyElse() throws {
    let world = try world()
    defer { world.remove() }
    try drawn(world)
    #expect(try mode(world, "subset.json") == 0o600)
    let drawnAgain = CommandRun([
      "subset", "draw", "--data", world.path("pool"), "-o", world.path("used"), "--secret",
      world.path("subset.json"),
    ])
    #expect(drawnAgain.exitCode == 2)
    try train(world, "used", to: "victim", seed: 123_457)
    try train(world, "pool", to: "innocent", seed: 765_432)
    let common = ["--secret", world.path("subset.json"), "--head", world.path("heads.safetensors")]
    let power = try world.expectDone(
      ["subset", "power", "--victim", world.path("victim"), "--json"] + common
    ).json()
    // 3.9 to 4.8 in draws that were looked at.
    #expect(try #require(power["z"] as? Double) > 2.5)
    let run = try world.expectDone(
      ["subset", "test", "--suspect", "copy=\(world.path("victim"))", "--suspect"]
        + ["stranger=\(world.path("innocent"))", "--reference", world.path("base"), "--seed", "5"]
        + ["-o", world.path("case.json"), "--json"] + common)
    let verdicts = try run.json()["verdicts"] as? [[String: Any]] ?? []
    #expect(verdicts.first?["conclusion"] as? String == "consistent with reuse")
    // The draw is the system's, so the stranger's p is any number; beyond 5 its z would be a fault.
    let zs = verdicts.map { ($0["result"] as? [String: Any])?["statistic"] as? Double }
    #expect(try abs(#require(zs.last ?? nil)) < 5)
    #expect(
      try world.expectDone(["verify", world.path("case.json")]).output.contains(
        "every number follows"))

    var text = String(decoding: try world.bytes("case.json"), as: UTF8.self)
    text = text.replacingOccurrences(
      of: "\"consistent with reuse\"", with: "\"no evidence of reuse\"")
    try Data(text.utf8).write(to: URL(fileURLWithPath: world.path("edited.json")))
    #expect(CommandRun(["verify", world.path("edited.json")]).exitCode == 1)

    // The same by a file of losses, as a service would give them, and no model at all.
    let whole = try JSONSerialization.jsonObject(with: world.bytes("case.json"))
    let suspects = (whole as? [String: Any])?["suspects"] as? [[String: Any]] ?? []
    let answers = suspects.first?["answers"] as? [String: Any]
    let losses = answers?["losses"] as? [Double] ?? []
    let lines = losses.enumerated().map { "{\"item\": \($0.offset), \"loss\": \($0.element)}" }
    try Data(lines.joined(separator: "\n").utf8)
      .write(to: URL(fileURLWithPath: world.path("losses.jsonl")))
    let blackBox = try world.expectDone([
      "subset", "test", "--secret", world.path("subset.json"), "--suspect",
      "service=\(world.path("losses.jsonl"))",
    ])
    #expect(blackBox.output.contains("consistent with reuse of stripes"))
    #expect(
      !(try world.expectDone(["inspect", world.path("subset.json")]).output).contains("key  0"))
  }

  @Test func windowsOfATextAreDisjointAndComplete() throws {
    let world = try world()
    defer { world.remove() }
    let text = (0..<200).map { "wörter \($0) sind kurz" }.joined(separator: "\n")
    try Data(text.utf8).write(to: URL(fileURLWithPath: world.path("text.txt")))
    for (unit, window) in [("bytes", 64), ("words", 16)] {
      let draw = try world.expectDone([
        "subset", "draw", "--text", world.path("text.txt"), "--window", "\(window)", "--unit", unit,
        "-o", world.path("used.jsonl"), "--pool", world.path("pool.jsonl"), "--secret",
        world.path("text.json"), "--force", "--json",
      ]).json()
      let windows = try lines(world, "pool.jsonl")
      #expect(windows.count == draw["items"] as? Int)
      #expect(try lines(world, "used.jsonl").count == draw["used_items"] as? Int)
      var rest = text[...]
      for window in windows {
        guard let range = rest.range(of: window) else {
          Issue.record("windows come in the text's order")
          break
        }
        rest = rest[range.upperBound...]
      }
      #expect(rest.utf8.count < 2 * 64 + 100)
    }
    let model = CommandRun([
      "subset", "test", "--secret", world.path("text.json"), "--suspect", world.path("base"),
      "--head", world.path("heads.safetensors"),
    ])
    #expect(model.exitCode == 2)
    #expect(model.talk.contains("no file of losses"))
  }

  private func lines(_ world: TinyWorld, _ name: String) throws -> [String] {
    try String(decoding: world.bytes(name), as: UTF8.self).split(separator: "\n").map {
      let value = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String]
      return value?["text"] ?? ""
    }
  }

  @Test func marksNameTheLicenseeWhoseCopyLeaked() throws {
    let world = try world()
    defer { world.remove() }
    try world.expectDone(["mark", "key", "-o", world.path("key.json")])
    #expect(try mode(world, "key.json") == 0o600)
    let shown = try world.expectDone(["inspect", world.path("key.json")])
    let key = try JSONSerialization.jsonObject(with: world.bytes("key.json")) as? [String: Any]
    #expect(!shown.output.contains(try #require(key?["key"] as? String)))
    #expect(shown.output.contains("routemark.mark-key/1"))
    // From here on a key that is the same in every run.
    let fixed = String(repeating: "5a", count: 32)
    let text =
      #"{"schema": "routemark.mark-key/1", "tool": "t", "kind": "gaussian", "key": "\#(fixed)"}"#
    try Data(text.utf8).write(to: URL(fileURLWithPath: world.path("key.json")))
    for licensee in ["acme", "zenith"] {
      try world.expectDone([
        "mark", "--model", world.path("stripes"), "--base", world.path("base"), "--key",
        world.path("key.json"), "--licensee", licensee, "--strength", "0.5", "-o",
        world.path(licensee),
      ])
    }
    // The same key gives the same bytes again.
    try world.expectDone([
      "mark", "--model", world.path("stripes"), "--base", world.path("base"), "--key",
      world.path("key.json"), "--licensee", "acme", "--strength", "0.5", "-o", world.path("again"),
    ])
    #expect(
      try world.bytes("again/model.safetensors") == world.bytes("acme/model.safetensors"))
    try world.expectDone(
      ["tamper", "noise", "--model", world.path("acme"), "--sigma", "0.05", "--seed", "3"]
        + ["-o", world.path("leaked")])
    try world.expectDone([
      "merge", "--base", world.path("base"), "--expert", "a=\(world.path("zenith"))", "--expert",
      "b=\(world.path("dots"))", "--seed", "4", "-o", world.path("mixture"),
    ])
    let run = try world.expectDone(
      [
        "mark", "test", "--key", world.path("key.json"), "--reference", world.path("stripes"),
        "--base", world.path("base"), "--licensee", "acme", "--licensee", "zenith", "-o",
        world.path("mark-case.json"), "--json",
      ] + ["leaked", "mixture", "noise"].flatMap { ["--suspect", "\($0)=\(world.path($0))"] })
    let verdicts = try run.json()["verdicts"] as? [[String: Any]] ?? []
    let found = verdicts.filter { $0["conclusion"] as? String == "consistent with reuse" }
      .map { "\($0["expert"] ?? "") \($0["victim"] ?? "")" }
    #expect(found == ["leaked the copy for acme", "mixture/a the copy for zenith"])
    #expect(verdicts.count == 8)
    #expect(
      try world.expectDone(["verify", world.path("mark-case.json")]).output
        .contains("every number follows"))
    let reference = try world.expectDone([
      "mark", "test", "--key", world.path("key.json"), "--reference", world.path("stripes"),
      "--suspect", "itself=\(world.path("stripes"))",
    ])
    #expect(reference.output.contains("identical to the unmarked reference"))
    // The base has none of the reference's task vector, so a scaled reference is the base itself.
    let base = try world.expectDone([
      "mark", "test", "--key", world.path("key.json"), "--reference", world.path("stripes"),
      "--base", world.path("base"), "--suspect", "itself=\(world.path("base"))",
    ])
    #expect(base.output.contains("no evidence of reuse"))
  }

  @Test func commitmentsHoldAndAnyChangedByteIsSeen() throws {
    let world = try world()
    defer { world.remove() }
    try drawn(world, count: 12)
    try world.expectDone(["mark", "key", "-o", world.path("key.json")])
    try world.expectDone([
      "finetune", "--model", world.path("base"), "--head", world.path("heads.safetensors"),
      "--data", "stripes=\(world.path("used"))", "--steps", "5", "--lr", "0.01", "--batch", "4",
      "--seed", "8123450987", "--element-type", "f16", "-o", world.path("victim"),
    ])
    let models = [
      "--victim", world.path("victim"), "--base", world.path("base"), "--data",
      "stripes=\(world.path("used"))",
    ]
    try world.expectDone(
      ["commit"] + models
        + ["--secret", world.path("subset.json"), "--key", world.path("key.json"), "-o"]
        + [world.path("commitment.json"), "--opening", world.path("opening.json")])
    #expect(try mode(world, "opening.json") == 0o600)
    let published = String(decoding: try world.bytes("commitment.json"), as: UTF8.self)
    #expect(!published.contains("8123450987"))
    let check =
      ["commit", "check", "--commitment", world.path("commitment.json"), "--opening"]
      + [world.path("opening.json")] + models
    let rebuilt = try world.expectDone(
      check + ["--rebuild", "--head", world.path("heads.safetensors")])
    #expect(rebuilt.output.contains("agrees       victim trained again"))
    #expect(!rebuilt.output.contains("differs"))

    // What is not told is not checked, and the rest is.
    try world.expectDone([
      "commit", "reveal", "--opening", world.path("opening.json"), "--tell", "seed", "-o",
      world.path("told.json"),
    ])
    let told = try world.expectDone(
      TinyWorld.changing(check, by: ["--opening", world.path("told.json")]))
    #expect(told.output.contains("not checked  hash of the key"))

    for (file, old, new) in [
      ("opening.json", "8123450987", "8123450988"), ("opening.json", "\"salt\" : \"", "salt"),
      ("commitment.json", "\"stated\" : \"2", "\"stated\" : \"3"),
      ("victim/config.json", "\"steps\" : 5", "\"steps\" : 6"),
    ] {
      let bytes = try world.bytes(file)
      var text = String(decoding: bytes, as: UTF8.self)
      if new == "salt", let range = text.range(of: old) {
        let place = range.upperBound
        let digit = text[place]
        text.replaceSubrange(place...place, with: digit == "0" ? "1" : "0")
      } else {
        #expect(text.contains(old), "\(file)")
        text = text.replacingOccurrences(of: old, with: new)
      }
      let url = URL(fileURLWithPath: world.path(file))
      try Data(text.utf8).write(to: url)
      #expect(CommandRun(check).exitCode == 1, "\(file): \(old)")
      try bytes.write(to: url)
    }
    let other = CommandRun(
      TinyWorld.changing(check, by: ["--base", world.path("dots")]))
    #expect(other.exitCode == 1)
    #expect(CommandRun(check).exitCode == 0)

    let seeds = try world.expectDone([
      "commit", "seeds", "--commitment", world.path("commitment.json"), "--nonce", "n", "--count",
      "3",
    ])
    #expect(Set(seeds.output.split(separator: "\n")).count == 3)
    let wrongBase = CommandRun(
      ["commit"] + TinyWorld.changing(models, by: ["--base", world.path("dots")])
        + ["-o", world.path("c.json"), "--opening", world.path("o.json")])
    #expect(wrongBase.exitCode == 2)
    #expect(!world.exists("c.json") && !world.exists("o.json"))
    // Trained on the subset, committed to another.
    try drawn2(world)
    let wrongSubset = CommandRun(
      ["commit"] + models + ["--secret", world.path("subset2.json"), "-o", world.path("c.json")]
        + ["--opening", world.path("o.json")])
    #expect(wrongSubset.exitCode == 2)
  }

  private func drawn2(_ world: TinyWorld) throws {
    try world.expectDone([
      "subset", "draw", "--data", "stripes=\(world.path("pool"))", "--share", "0.8", "-o",
      world.path("used2"), "--secret", world.path("subset2.json"),
    ])
  }
}
