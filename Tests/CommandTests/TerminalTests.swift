import Checkpoints
import Foundation
import RouteMarkCommands
import Testing

/// What reaches the terminal, and what the program makes of its arguments.
@Suite struct TerminalTests {
  private static let hostile = "x\u{1B}[2J\r\nverdict: consistent\u{202E}\u{9B}m"

  private func isHarmless(_ run: CommandRun) -> Bool {
    (run.output + run.talk).unicodeScalars.allSatisfy { scalar in
      scalar == "\n"
        || ![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory)
    }
  }

  @Test func namesOfFilesActOnNothing() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let weights = world.path("w.safetensors")
    try writeSafetensors(
      path: weights,
      tensors: [(TensorSpecification(name: Self.hostile, elementType: .f32, shape: [1]), [1])],
      metadata: [Self.hostile: Self.hostile])
    let index = ##"{"weight_map": {"a": "\##u{202e}\u001b[31m\n/x"}}"##
    try FileManager.default.createDirectory(
      atPath: world.path("sharded"), withIntermediateDirectories: false)
    for (name, text) in [
      ("sharded/model.safetensors.index.json", index),
      ("keys.json", #"{"schema": "a\u001b[2J\nb", "c\u001bd": 1, "c\u001bd": 2}"#),
      ("schema.json", #"{"schema": "a\u001b[2J\nb\u202e"}"#),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: world.path(name)))
    }
    for arguments in [
      ["inspect", weights], ["inspect", weights, "--json"], ["inspect", world.path("sharded")],
      ["inspect", world.path("keys.json")], ["inspect", world.path("schema.json")],
      ["verify", world.path("schema.json")], ["verify", world.path("keys.json"), "--json"],
      ["inspect", world.path("no\u{1B}[2J\nsuch")],
      ["merge", "--base", world.path("base"), "--expert", "a\u{1B}=no\u{202E}", "-o", "x"],
      ["insp\u{1B}[2Ject"], ["inspect", "--\u{1B}[2J"],
      ["suite", "verify", world.path("schema.json")],
    ] {
      let run = CommandRun(arguments)
      #expect(isHarmless(run), "\(arguments): \(run.output.debugDescription) \(run.talk)")
      // A line feed in a name begins no line.
      #expect(!run.output.contains("\nverdict") && !run.talk.contains("\nverdict"))
    }
    #expect(try CommandRun(["inspect", weights, "--json"]).json().isEmpty == false)
  }

  @Test func expertsOfHostileNamesGoThroughEveryTable() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.expectDone(
      ["suite", "create", "--count", "4", "-o", world.path("suite.json")] + world.taskArguments)
    let experts = ["e\u{1B}[31m\nf", "g\u{202E}h"]
    let paths = zip(experts, TinyWorld.experts).flatMap {
      ["--expert", "\($0)=\(world.path($1))"]
    }
    let trace = world.path("m.trace.safetensors")
    let runs =
      [
        ["merge", "--base", world.path("base")] + paths + ["-o", world.path("m")],
        ["capture", "--model", world.path("m"), "--suite", world.path("suite.json"), "-o", trace],
        ["attribute", "--victim", trace, "--suspect", trace, "-o", world.path("case.json")],
        ["attribute", "--victim", trace, "--suspect", trace, "--json"],
        ["verify", world.path("case.json")], ["inspect", world.path("case.json")],
        ["inspect", trace], ["inspect", world.path("m")],
        ["tamper", "clone", "--model", world.path("m"), "--expert", "nobody\u{1B}", "-o", "x"],
      ].map { CommandRun($0) }
    for run in runs { #expect(isHarmless(run), "\(run.output.debugDescription) \(run.talk)") }
  }

  // MARK: Arguments

  @Test func negativeNumbersAreValues() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let merge =
      ["merge", "--method", "task-arithmetic", "--base", world.path("base")]
      + ["--expert", "a=\(world.path("dots"))"]
    try world.expectDone(merge + ["--scaling", "-1", "-o", world.path("apart")])
    try world.expectDone(merge + ["--scaling=-1", "-o", world.path("joined")])
    #expect(
      try world.bytes("apart/model.safetensors") == world.bytes("joined/model.safetensors"))
    let refused = CommandRun(merge + ["--scaling", "-x", "-o", world.path("z")])
    #expect(refused.exitCode == 64)
    // Where no negative number makes sense it is named, not taken for an option.
    let seed = CommandRun(world.mergeArguments() + ["--seed", "-1", "-o", world.path("z")])
    #expect(seed.exitCode == 64 && seed.talk.contains("-1"), "\(seed.talk)")
  }

  @Test func anOptionGivenTwiceIsRefusedWhereOneCounts() throws {
    for arguments in [
      ["attribute", "--victim", "a", "--suspect", "b", "--suspect", "c"],
      ["attribute", "--victim=a", "--victim", "a", "--suspect", "b"],
      ["merge", "--base", "b", "--expert", "a=b", "-o", "c", "--output", "d"],
    ] {
      let run = CommandRun(arguments)
      #expect(run.exitCode == 64 && run.talk.contains("more than once"), "\(run.talk)")
    }
    // Several experts are meant; so is a value that looks like an option's name.
    let several = CommandRun([
      "merge", "--base", "/no", "--expert", "a=b", "--expert", "c=d", "-o", "e",
    ])
    #expect(several.exitCode == 2)
  }

  @Test func aCommandThatDoesNotExistNamesTheOneThatWasMeant() {
    for (given, meant) in [
      (["inspekt", "x"], "routemark inspect"),
      (["attribut", "--victim", "x"], "routemark attribute"),
      (["verfiy"], "routemark verify"), (["suite", "craete"], "routemark suite create"),
      (["tamper", "prun"], "routemark tamper prune"),
    ] {
      let run = CommandRun(given)
      #expect(run.exitCode == 64 && run.talk.contains("Did you mean `\(meant)`?"), "\(run.talk)")
    }
    #expect(CommandRun(["xyzzy"]).talk.contains("Commands are:"))
    #expect(CommandRun(["inspect", "--jsn", "x"]).talk.contains("--json"))
    #expect(CommandRun(["help", "merge"]).exitCode == 0)
    #expect(CommandRun(["--version"]).exitCode == 0)
  }

  // MARK: Streams

  @Test(
    .enabled(if: KillTests.program != nil && FileManager.default.fileExists(atPath: "/dev/full")))
  func whatCannotBePrintedIsAnError() throws {
    let program = try #require(KillTests.program)
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let trace = world.path("victim.trace.safetensors")
    for arguments in [
      ["--help"], ["--version"], ["inspect", world.path("base")], ["inspect", trace, "--json"],
      ["attribute", "--victim", trace, "--suspect", trace, "--json"],
      ["attribute", "--victim", trace, "--suspect", trace],
      ["suite", "verify", world.path("suite.json")],
      ["baseline", "pcs", "--victim", world.path("base"), "--suspect", world.path("dots")],
      ["fingerprint", "--trace", trace, "-o", world.path("f.json")],
    ] {
      let process = Process()
      process.executableURL = program
      process.arguments = arguments
      process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 2, "\(arguments)")
    }
  }

  @Test func tablesFitTheTerminal() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let trace = world.path("victim.trace.safetensors")
    for width in [60, 80, 200] {
      let run = CommandRun(
        ["attribute", "--victim", trace, "--suspect", trace], width: width)
      let widest = run.output.split(separator: "\n").map(\.count).max() ?? 0
      #expect(run.exitCode == 0 && widest <= width && widest > width / 2, "\(widest) of \(width)")
    }
  }
}
