import Checkpoints
import Foundation
import Tensors
import Testing

/// `--precision` and `--instructions`.
@Suite struct PrecisionTests {
  private func capture(_ world: TinyWorld, to output: String, _ more: [String]) -> [String] {
    [
      "capture", "--model", world.path("victim"), "--suite", world.path("suite.json"), "-o",
      world.path(output),
    ] + more
  }

  private func logits(_ world: TinyWorld, _ name: String) throws -> [Float] {
    try Checkpoint(path: world.path(name)).floats("router_logits", shape: [12, 3, 2])
  }

  @Test func bf16IsCloseIsRecordedAndDependsNeitherOnThreadsNorOnTheBatch() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let run = try world.expectDone(
      capture(world, to: "short.safetensors", ["--precision", "bf16"]))
    #expect(run.output.contains("bf16"))
    let exact = try logits(world, "victim.trace.safetensors")
    let short = try logits(world, "short.safetensors")
    let spread = (exact.max() ?? 0) - (exact.min() ?? 0)
    let difference = zip(exact, short).map { abs($0 - $1) }.max() ?? 0
    #expect(difference > 0)
    #expect(difference < 0.05 * spread)

    let bytes = try world.bytes("short.safetensors")
    for (batch, threads) in [(1, 1), (1, 3), (5, 2), (100, 3)] {
      try world.expectDone(
        capture(
          world, to: "again.safetensors",
          [
            "--precision", "bf16", "--force", "--batch", "\(batch)", "--threads", "\(threads)",
          ]))
      #expect(try world.bytes("again.safetensors") == bytes)
    }
  }

  @Test func shardsOfDifferentPrecisionAreNotAddedUp() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    try world.expectDone(capture(world, to: "0.safetensors", ["--shard", "0/2"]))
    try world.expectDone(
      capture(world, to: "1.safetensors", ["--shard", "1/2", "--precision", "bf16"]))
    let run = CommandRun([
      "fingerprint", "--trace", world.path("0.safetensors"), "--trace", world.path("1.safetensors"),
      "-o", world.path("sum.json"),
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("precision"))
    #expect(!world.exists("sum.json"))
  }

  @Test(arguments: InstructionSet.allCases)
  func everyInstructionSetRoutesAlikeOrIsRefused(_ set: InstructionSet) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.prepare(["victim": 1])
    let arguments = capture(world, to: "forced.safetensors", ["--instructions", set.rawValue])
    guard set.isAvailable else {
      let run = CommandRun(arguments)
      #expect(run.exitCode == 64)
      #expect(run.talk.contains(InstructionSet.best.rawValue))
      return
    }
    try world.expectDone(arguments)
    let expected = try logits(world, "victim.trace.safetensors")
    for (forced, best) in zip(try logits(world, "forced.safetensors"), expected) {
      #expect(abs(forced - best) < 1e-4)
    }
  }
}
