import Checkpoints
import Foundation
import Testing

@Suite struct AdaptTests {
  /// The tensors of a folder's own file, by name, as stored bytes.
  private func tensors(_ path: String) throws -> [String: [UInt8]] {
    let checkpoint = try Checkpoint(path: path)
    return try Dictionary(
      uniqueKeysWithValues: checkpoint.tensorNames.map { name in
        (name, try checkpoint.withBytes(of: name) { Array($0) })
      })
  }

  @Test(arguments: ["softmax", "raw"], [1, 2])
  func changesOnlyTheGatesOfAFullMerge(routing: String, depth: Int) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(
      world.mergeArguments()
        + ["--full", "--element-type", "f16", "--routing", routing, "--gate-depth", "\(depth)"]
        + ["-o", world.path("merged")])
    let run = try world.expectDone(world.adapt(to: "adapted") + ["--json"])
    let losses = try world.losses(run)
    #expect(losses.tail < losses.first, "\(losses)")
    let before = try tensors(world.path("merged"))
    let after = try tensors(world.path("adapted"))
    #expect(before.keys.sorted() == after.keys.sorted())
    for (name, bytes) in before {
      #expect((bytes == after[name]) == !name.contains(".gate."), "\(name)")
    }
  }

  @Test func recipeStaysARecipeWithNewGatesWhereverItLies() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + ["-o", world.path("merged")])
    try FileManager.default.createDirectory(
      atPath: world.path("deep/er"), withIntermediateDirectories: true)
    try world.expectDone(world.adapt(to: "deep/er/adapted"))
    let inspection = try world.expectDone(["inspect", world.path("deep/er/adapted"), "--json"])
    let mixture = try #require(try inspection.json()["mixture"] as? [String: Any])
    let recipe = try #require(mixture["recipe"] as? [String: Any])
    #expect((recipe["base"] as? [String: Any])?["path"] as? String == "../../../base")
    #expect(mixture["experts"] as? [String] == TinyWorld.experts)
    let before = try tensors(world.path("merged/gates.safetensors"))
    let after = try tensors(world.path("deep/er/adapted/gates.safetensors"))
    #expect(before.keys.sorted() == after.keys.sorted())
    for (name, bytes) in before { #expect(bytes != after[name], "\(name)") }
    let entry = try world.lastTraining("deep/er/adapted")
    #expect(entry["operation"] as? String == "adapt")
  }

  @Test func recipeAndFullMergeAreTrainedAlike() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + ["--seed", "3", "-o", world.path("recipe")])
    try world.expectDone(
      world.mergeArguments() + ["--seed", "3", "--full", "-o", world.path("full")])
    for form in ["recipe", "full"] {
      try world.expectDone(world.adapt(form, to: "\(form)-adapted", steps: 5))
    }
    let gates = try tensors(world.path("recipe-adapted/gates.safetensors"))
    let full = try tensors(world.path("full-adapted"))
    for (name, bytes) in gates { #expect(bytes == full[name], "\(name)") }
  }

  @Test func fromScratchForgetsTheOldGates() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    for seed in ["1", "2"] {
      try world.expectDone(
        world.mergeArguments() + ["--seed", seed, "-o", world.path("merged-\(seed)")])
      try world.expectDone(
        world.adapt("merged-\(seed)", to: "fresh-\(seed)", steps: 5)
          + ["--from-scratch", "--seed", "1"])
    }
    // Fresh gates of a seed are those that `merge` makes from it.
    try world.expectDone(world.adapt("merged-1", to: "kept-1", steps: 5) + ["--seed", "1"])
    let gates = try ["fresh-1", "fresh-2", "kept-1"].map {
      try world.bytes("\($0)/gates.safetensors")
    }
    #expect(gates[0] == gates[1])
    #expect(gates[0] == gates[2])
  }

  @Test func plainTowerHasNothingToAdapt() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    let run = CommandRun(world.adapt("base", to: "adapted"))
    #expect(run.exitCode == 2)
    #expect(!world.exists("adapted"))
  }
}
