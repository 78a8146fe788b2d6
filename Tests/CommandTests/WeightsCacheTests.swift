import Foundation
import Testing

/// `--cache`: packed weights that are kept between runs.
@Suite struct WeightsCacheTests {
  private func capture(
    _ world: TinyWorld, _ model: String, to output: String, _ more: [String] = []
  ) -> [String] {
    [
      "capture", "--model", world.path(model), "--suite", world.path("suite.json"), "--force",
      "-o", world.path(output),
    ] + more
  }

  private func cached(_ world: TinyWorld) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: world.path("cache")).sorted()
  }

  @Test(arguments: ["f32", "bf16"])
  func theSameBytesWithoutACacheWithANewOneAndWithOneOfAnEarlierRun(precision: String) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["recipe": 1])
    try world.expectDone(
      world.mergeArguments() + ["--seed", "1", "--full", "-o", world.path("full")])
    for (count, model) in ["recipe", "full"].enumerated() {
      let options = ["--precision", precision, "--cache", world.path("cache")]
      try world.expectDone(capture(world, model, to: "without", Array(options.prefix(2))))
      try world.expectDone(capture(world, model, to: "new", options))
      #expect(try cached(world).count == count + 1)
      try world.expectDone(capture(world, model, to: "kept", options))
      #expect(try cached(world).count == count + 1)
      let expected = try world.bytes("without")
      #expect(try world.bytes("new") == expected)
      #expect(try world.bytes("kept") == expected)
    }
  }

  /// What is kept is read: with other weights under its name, the logits change.
  @Test func theKeptWeightsAreTheOnesInUse() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1, "other": 2])
    let options = ["--cache", world.path("cache")]
    try world.expectDone(capture(world, "victim", to: "a", options))
    let victim = try #require(try cached(world).first)
    try world.expectDone(capture(world, "other", to: "b", options))
    let other = try #require(try cached(world).first { $0 != victim })
    let before = try world.bytes("a")
    try FileManager.default.removeItem(atPath: world.path("cache/\(victim)"))
    try FileManager.default.moveItem(
      atPath: world.path("cache/\(other)"), toPath: world.path("cache/\(victim)"))
    try world.expectDone(capture(world, "victim", to: "a", options))
    #expect(try world.bytes("a") != before)
  }

  @Test func aDamagedFileIsRefusedAndNamed() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let options = ["--cache", world.path("cache")]
    try world.expectDone(capture(world, "victim", to: "a", options))
    let name = try #require(try cached(world).first)
    let file = URL(fileURLWithPath: world.path("cache/\(name)"))
    let intact = try Data(contentsOf: file)
    var flipped = intact
    flipped[intact.count - 1000] ^= 1
    var swapped = intact
    swapped.replaceSubrange((intact.count - 64)..., with: intact.suffix(128).prefix(64))
    swapped.replaceSubrange(
      (intact.count - 128)..<(intact.count - 64), with: intact.suffix(64))
    var shifted = intact
    let header = intact.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    shifted.insert(contentsOf: Data("        ".utf8), at: 8 + header)
    shifted.replaceSubrange(..<8, with: (0..<8).map { UInt8((header + 8) >> (8 * $0) & 255) })
    for damaged in [flipped, swapped, shifted, intact.dropLast(64), Data(), Data("{}".utf8)] {
      try damaged.write(to: file)
      let run = CommandRun(capture(world, "victim", to: "b", options))
      #expect(run.exitCode == 2)
      #expect(run.talk.contains("the cached weights are damaged") && run.talk.contains(name))
      #expect(!world.exists("b"))
    }
    try intact.write(to: file)
    try world.expectDone(capture(world, "victim", to: "b", options))
  }

  @Test func aFolderThatOthersCanWriteToIsRefused() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    try FileManager.default.createDirectory(
      atPath: world.path("cache"), withIntermediateDirectories: false)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o777], ofItemAtPath: world.path("cache"))
    let run = CommandRun(
      capture(world, "victim", to: "a", ["--cache", world.path("cache")]))
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("can be changed by others"))
    #expect(try cached(world).isEmpty)
    #expect(!world.exists("a"))
  }
}
