import Checkpoints
import Documents
import Files
import Foundation
import Testing

/// Bad input: an honest exit code, an error that names the file, and nothing left behind.
@Suite struct RefusalTests {
  @Test func wrongArgumentsExitWith64() {
    for arguments in [
      ["attribute"], ["capture", "--model"], ["suite", "create", "-o", "x"], ["nonsense"],
      ["merge", "--base", "x", "-o", "y"], ["fingerprint", "-o", "x"],
      ["capture", "--model", "a", "--suite", "b", "-o", "c", "--threads", "0"],
    ] {
      #expect(CommandRun(arguments).exitCode == 64, "\(arguments)")
    }
  }

  @Test func everyHelpLeadsWithAnExample() {
    let commands = [
      [], ["inspect"], ["suite"], ["suite", "create"], ["suite", "verify"], ["merge"],
      ["capture"], ["fingerprint"], ["attribute"], ["verify"], ["finetune"], ["adapt"],
      ["evaluate"], ["reproduce"], ["world"], ["tamper"],
    ]
    for command in commands {
      let run = CommandRun(command + ["--help"])
      #expect(run.exitCode == 0)
      let example = run.output.range(of: "EXAMPLE")
      let usage = run.output.range(of: "USAGE")
      #expect(example != nil && usage != nil, "\(command)")
      if let example, let usage { #expect(example.lowerBound < usage.lowerBound, "\(command)") }
    }
  }

  @Test func missingFilesExitWith2AndAreNamed() {
    for arguments in [
      ["inspect", "/nowhere/model"], ["verify", "/nowhere/case.json"],
      ["suite", "verify", "/nowhere/suite.json"],
      ["attribute", "--victim", "/nowhere/a", "--suspect", "/nowhere/b"],
      ["capture", "--model", "/nowhere/m", "--suite", "/nowhere/s", "-o", "/nowhere/x"],
    ] {
      let run = CommandRun(arguments)
      #expect(run.exitCode == 2, "\(arguments)")
      #expect(run.talk.hasPrefix("error: ") && run.talk.contains("/nowhere/"), "\(run.talk)")
      #expect(run.output.isEmpty)
    }
  }

  @Test func outputsAreReplacedOnlyWithForce() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let before = try world.bytes("suite.json")
    let create = ["suite", "create", "--count", "2", "-o", world.path("suite.json")]
    let refused = CommandRun(create + world.taskArguments)
    #expect(refused.exitCode == 2)
    #expect(refused.talk.contains("--force"))
    #expect(try world.bytes("suite.json") == before)
    #expect(CommandRun(world.mergeArguments() + ["-o", world.path("victim")]).exitCode == 2)
    try world.expectDone(create + world.taskArguments + ["--force"])
    #expect(try world.bytes("suite.json") != before)
  }

  @Test func tracesOfDifferentSuitesAreRefused() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    try world.expectDone(
      ["suite", "create", "--count", "3", "-o", world.path("other.json")] + world.taskArguments)
    try world.expectDone([
      "capture", "--model", world.path("victim"), "--suite", world.path("other.json"), "-o",
      world.path("other.safetensors"),
    ])
    let run = CommandRun([
      "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
      world.path("other.safetensors"), "-o", world.path("case.json"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("suite"))
    #expect(!world.exists("case.json"))
  }

  @Test func changedProbeImageIsFound() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    #expect(CommandRun(["suite", "verify", world.path("suite.json")]).exitCode == 0)
    let image = world.path("images-dots/class-0/0.png")
    try PNGFile.bytes(width: 1, height: 1, pixels: [1, 2, 3])
      .write(to: URL(fileURLWithPath: image))
    #expect(CommandRun(["suite", "verify", world.path("suite.json")]).exitCode == 1)
    let names = world.fileNames
    let capture = CommandRun([
      "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
      world.path("x.safetensors"),
    ])
    #expect(capture.exitCode == 2)
    #expect(capture.talk.contains("`dots`"))
    #expect(world.fileNames == names)
  }

  @Test func brokenProbeImageStopsACaptureWithoutLeftovers() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let broken = {
      try Data([0x89, 0x50, 0x4E, 0x47, 1, 2, 3])
        .write(to: URL(fileURLWithPath: world.path("images-noise/class-0/0.png")))
    }
    try world.prepare([:])
    try broken()
    let again = CommandRun(
      ["suite", "create", "--count", "4", "-o", world.path("broken.json")] + world.taskArguments)
    #expect(again.exitCode == 2 && again.talk.contains("0.png") && !world.exists("broken.json"))
    try world.expectDone(world.mergeArguments() + ["-o", world.path("victim")])
    let names = world.fileNames
    let run = CommandRun([
      "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
      world.path("x.safetensors"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("`noise`"))
    #expect(world.fileNames == names)
  }

  @Test func editedPartOfARecipeIsRefused() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    try world.writeTower("dots", seed: 1, drift: 99)
    let run = CommandRun(["inspect", world.path("victim")])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("expert `dots`"))
  }

  @Test func weightThatIsNotFiniteIsNamed() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare([:])
    try world.expectDone(
      world.mergeArguments() + ["--full", "-o", world.path("full")])
    var bytes = try world.bytes("full/model.safetensors")
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: URL(fileURLWithPath: world.path("full/model.safetensors")))
    let run = CommandRun([
      "capture", "--model", world.path("full"), "--suite", world.path("suite.json"), "-o",
      world.path("x.safetensors"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.lowercased().contains("nan"))
    #expect(!world.exists("x.safetensors"))
  }

  @Test func logitThatIsNotFiniteIsNamedBySampleLayerAndExpert() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    var bytes = try world.bytes("victim.trace.safetensors")
    // The logits are last: 12 samples, 3 experts, 2 layers. This one is sample 10, expert 1, layer 0.
    let place = bytes.count - (12 * 6 - (10 * 6 + 2)) * 4
    bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: URL(fileURLWithPath: world.path("broken.safetensors")))
    let run = CommandRun([
      "fingerprint", "--trace", world.path("broken.safetensors"), "-o", world.path("x.json"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("sample 10 of task `noise`, layer 0, expert `dots`"), "\(run.talk)")
    #expect(run.talk.contains("broken.safetensors"))
  }

  @Test func jsonOfAnotherSchemaIsRefusedWithItsFile() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    for arguments in [
      ["verify", world.path("suite.json")],
      [
        "attribute", "--victim", world.path("suite.json"), "--suspect",
        world.path("victim.trace.safetensors"),
      ],
      ["inspect", world.path("base/config.json")],
      [
        "capture", "--model", world.path("victim"), "--suite", world.path("base/config.json"), "-o",
        "x",
      ],
    ] {
      let run = CommandRun(arguments)
      #expect(run.exitCode == 2, "\(arguments)")
      #expect(run.talk.contains(".json"), "\(run.talk)")
    }
  }

  @Test func plainTowerCannotBeCaptured() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare([:])
    let run = CommandRun([
      "capture", "--model", world.path("base"), "--suite", world.path("suite.json"), "-o",
      world.path("x.safetensors"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("no router"))
  }

  @Test func editedNumbersOfACaseMakeVerifyExitWith1() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1, "suspect": 2])
    try world.expectDone([
      "attribute", "--victim", world.path("victim.trace.safetensors"), "--suspect",
      world.path("suspect.trace.safetensors"), "-o", world.path("case.json"),
    ])
    let text = String(decoding: try world.bytes("case.json"), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let numbers = lines.indices.filter { lines[$0].contains("0.") && !lines[$0].contains("\"0.") }
    #expect(numbers.count > 50)
    for index in stride(from: 0, to: numbers.count, by: 7) {
      var edited = lines
      let line = edited[numbers[index]]
      if line.contains("tool") || line.contains("routemark") { continue }
      edited[numbers[index]] = line.replacingOccurrences(of: "0.", with: "1.")
      try Data(edited.joined(separator: "\n").utf8)
        .write(to: URL(fileURLWithPath: world.path("edited.json")))
      let code = CommandRun(["verify", world.path("edited.json")]).exitCode
      #expect(code == 1, "line \(numbers[index]): \(line)")
    }
  }

  @Test(arguments: HostileFolder.allCases)
  func hostileModelFolderIsRefusedWithItsFile(hostile: HostileFolder) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try hostile.write(world)
    let run = CommandRun(["inspect", world.path("base")])
    let merge = CommandRun(world.mergeArguments() + ["--full", "-o", world.path("full")])
    #expect(run.exitCode == 2, "\(hostile)")
    #expect(run.talk.contains(world.path("base")), "\(run.talk)")
    #expect(merge.exitCode == 2, "\(hostile)")
    #expect(!world.exists("full"))
    #expect(world.fileNames.allSatisfy { !$0.contains("partial") })
  }
}

/// Ways in which a model folder may be broken or made to break the reader.
enum HostileFolder: String, CaseIterable, Sendable {
  case layersBeyondMemory, negativeWidth, headsThatDoNotDivide, unknownActivation
  case configurationIsAList, configurationNotText, duplicateKeys, zeroPatch
  case truncatedWeights, hugeHeader, emptyWeights, weightsOfAnotherWidth, missingWeights

  func write(_ world: TinyWorld) throws {
    let configuration = URL(fileURLWithPath: world.path("base/config.json"))
    let weights = URL(fileURLWithPath: world.path("base/model.safetensors"))
    func edit(_ key: String, _ value: JSONValue) throws {
      var keys = try StrictJSON.decode(
        [String: JSONValue].self, contentsOf: configuration.path)
      keys[key] = value
      try JSONValue.object(keys).write(to: configuration.path, replacing: true)
    }
    switch self {
    case .layersBeyondMemory: try edit("num_hidden_layers", .integer(1 << 40))
    case .negativeWidth: try edit("hidden_size", .integer(-8))
    case .headsThatDoNotDivide: try edit("num_attention_heads", .integer(3))
    case .unknownActivation: try edit("hidden_act", .string("<script>"))
    case .zeroPatch: try edit("patch_size", .integer(0))
    case .weightsOfAnotherWidth: try edit("hidden_size", .integer(16))
    case .configurationIsAList: try Data("[1, 2]".utf8).write(to: configuration)
    case .configurationNotText: try Data([0xFF, 0xFE, 0x00]).write(to: configuration)
    case .duplicateKeys:
      try Data("{\"hidden_size\": 8, \"hidden_size\": 9}".utf8).write(to: configuration)
    case .truncatedWeights:
      let bytes = try Data(contentsOf: weights)
      try bytes.prefix(bytes.count / 2).write(to: weights)
    case .hugeHeader:
      try Data([0, 0, 0, 0, 0, 0, 0, 0x10, 0x7B, 0x7D]).write(to: weights)
    case .emptyWeights: try Data().write(to: weights)
    case .missingWeights: try FileManager.default.removeItem(at: weights)
    }
  }
}
