import Foundation
import Testing

/// An output never replaces what the same command has read, whatever way leads to it.
@Suite struct OutputGuardTests {
  @Test func anInputIsNeverReplaced() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let trace = world.path("victim.trace.safetensors")
    try world.expectDone([
      "attribute", "--victim", trace, "--suspect", trace, "-o", world.path("case.json"),
    ])
    let files = FileManager.default
    try files.createSymbolicLink(
      atPath: world.path("linked.json"), withDestinationPath: world.path("case.json"))
    try files.linkItem(atPath: world.path("case.json"), toPath: world.path("hard.json"))
    let commands: [[String]] = [
      ["report", world.path("case.json"), "-o", world.path("case.json")],
      ["report", world.path("linked.json"), "-o", world.path("case.json")],
      ["report", world.path("case.json"), "-o", world.path("linked.json")],
      ["report", world.path("case.json"), "-o", world.path("hard.json")],
      ["attribute", "--victim", trace, "--suspect", trace, "-o", trace],
      ["attribute", "--victim", trace, "--suspect", trace, "--html", trace],
      ["fingerprint", "--trace", trace, "-o", trace],
      [
        "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
        world.path("suite.json"),
      ],
      [
        "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
        world.path("base/model.safetensors"),
      ],
      [
        "merge", "--base", world.path("base"), "--expert", "dots=\(world.path("dots"))", "-o",
        world.path("dots"),
      ],
      [
        "tamper", "noise", "--model", world.path("dots"), "--sigma", "0.1", "-o",
        world.path("dots"),
      ],
    ]
    let names = [
      "case.json", "victim.trace.safetensors", "suite.json", "base/model.safetensors",
      "dots/model.safetensors",
    ]
    let before = try names.map { try world.bytes($0) }
    for command in commands {
      let run = CommandRun(command + ["--force"])
      #expect(run.exitCode == 2, "\(command): \(run.talk)")
      #expect(try names.map { try world.bytes($0) } == before, "\(command)")
    }
  }

  @Test func aFolderWithOtherThingsIsNotReplaced() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let arguments = [
      "merge", "--base", world.path("base"), "--expert", "dots=\(world.path("dots"))", "-o",
      world.path("out"),
    ]
    try world.expectDone(arguments)
    try world.expectDone(arguments + ["--force"])
    try Data("notes".utf8).write(to: URL(fileURLWithPath: world.path("out/notes.txt")))
    let run = CommandRun(arguments + ["--force"])
    #expect(run.exitCode == 2 && run.talk.contains("notes.txt"), "\(run.talk)")
    #expect(world.exists("out/notes.txt"))
  }

  @Test func hintsAreSafeToPaste() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let name = world.path("my fp;$(id).trace.safetensors")
    let run = try world.expectDone([
      "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o", name,
    ])
    #expect(run.talk.contains("--victim '\(name)'"), "\(run.talk)")
  }
}

/// What a merge says of experts that cannot be what they are called.
@Suite struct ExpertOriginTests {
  @Test func anExpertThatIsTheBaseIsSaidToAddNothing() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.finetune(to: "tuned", steps: 3))
    let run = try world.expectDone([
      "merge", "--base", world.path("base"), "--expert", "a=\(world.path("base"))", "--expert",
      "b=\(world.path("tuned"))", "-o", world.path("out"),
    ])
    #expect(run.talk.contains("`a` has the base model's own MLPs"), "\(run.talk)")
    #expect(!run.talk.contains("`b`"), "\(run.talk)")
  }
}
