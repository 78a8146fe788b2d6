import Checkpoints
import Documents
import Files
import Foundation
import RoutedModels
import Testing
import VisionTransformers

/// Static merges of towers that are 1 everywhere but in one bias, worked out by hand.
@Suite struct StaticMergeTests {
  private static let place = "vision_model.post_layernorm.bias"
  private static let count = 8

  /// What each expert adds to the base's bias.
  private static let taskVectors: [[Float]] = [
    [5, -4, 3, 0.125, 0, 0, 0, 0],
    [4, 6, -1, 0.25, 0, 0, 0, 0],
    [-1, -7, 0.5, 0.375, 0, 0, 0, 0],
  ]

  private func world() throws -> TinyWorld {
    let world = try TinyWorld()
    let zeros = [Float](repeating: 0, count: Self.count)
    for (name, vector) in zip(["base"] + TinyWorld.experts, [zeros] + Self.taskVectors) {
      let file = world.path("\(name)/model.safetensors")
      let old = try Checkpoint(path: file)
      let tensors = old.tensorNames.compactMap { old.descriptor(of: $0) }.map { tensor in
        let ones = [Float](repeating: 1, count: tensor.shape.reduce(1, *))
        return (
          TensorSpecification(name: tensor.name, elementType: .f32, shape: tensor.shape),
          tensor.name == Self.place ? vector.map { 1 + $0 } : ones
        )
      }
      try writeSafetensors(path: file, tensors: tensors, replacing: true)
    }
    return world
  }

  /// The bias after a merge; everything else must be 1.
  private func bias(_ world: TinyWorld, _ arguments: [String]) throws -> [Float] {
    try world.expectDone(
      world.mergeArguments() + arguments + ["--force", "-o", world.path("merged")])
    let merged = try Checkpoint(path: world.path("merged"))
    let base = try Checkpoint(path: world.path("base"))
    #expect(merged.tensorNames == base.tensorNames)
    for name in merged.tensorNames where name != Self.place {
      let shape = try #require(merged.descriptor(of: name)?.shape)
      #expect(try merged.floats(name, shape: shape).allSatisfy { $0 == 1 }, "\(name)")
    }
    return try merged.floats(Self.place, shape: [Self.count])
  }

  @Test func taskArithmeticAddsScaledTaskVectors() throws {
    let world = try world()
    defer { world.remove() }
    // Sums: 8, -5, 2.5, 0.75.
    #expect(
      try bias(world, ["--method", "task-arithmetic", "--scaling", "0.5"])
        == [5, -1.5, 2.25, 1.375, 1, 1, 1, 1])
    let byDefault = try bias(world, ["--method", "task-arithmetic"])
    #expect(abs(byDefault[0] - (1 + 0.3 * 8)) < 1e-6)
  }

  @Test func weightAverageIsTheMean() throws {
    let world = try world()
    defer { world.remove() }
    let third = Float(8.0 / 3 + 1)
    let values = try bias(world, ["--method", "weight-average"])
    #expect(abs(values[0] - third) < 1e-6)
    #expect(abs(values[1] - Float(1 - 5.0 / 3)) < 1e-6)
    #expect(values[3] == 1.25)
    #expect(values[4] == 1)
  }

  @Test func tiesTrimsElectsAndAveragesWhatAgrees() throws {
    let world = try world()
    defer { world.remove() }
    let configuration = TinyWorld.configuration
    let mlp = configuration.mlpTensors(layer: 0).reduce(0) { $0 + $1.shape.reduce(1, *) }
    let total =
      configuration.tensorsOutsideMLPs.reduce(0) { $0 + $1.shape.reduce(1, *) }
      + configuration.hiddenLayerCount * mlp
    // Three of all weights are kept: 0.125, 0.25 and 0.375 go.
    // Elected: 5 + 4 - 1 > 0, -4 + 6 - 7 < 0, 3 - 1 + 0.5 > 0.
    // Means of what agrees: (5 + 4) / 2, (-4 - 7) / 2, (3 + 0.5) / 2.
    let trim = ["--trim", "\(3.5 / Double(total))"]
    #expect(
      try bias(world, ["--method", "ties"] + trim) == [5.5, -4.5, 2.75, 1, 1, 1, 1, 1])
    #expect(
      try bias(world, ["--method", "ties", "--scaling", "2"] + trim)
        == [10, -10, 4.5, 1, 1, 1, 1, 1])
    // With one weight kept: 5, 6 and -7 are each expert's largest; 6 - 7 elects the -7.
    let one = ["--trim", "\(1.5 / Double(total))"]
    #expect(try bias(world, ["--method", "ties"] + one) == [6, -6, 1, 1, 1, 1, 1, 1])
    // With all weights kept, the small ones agree too.
    #expect(try bias(world, ["--method", "ties", "--trim", "1"])[3] == 1.25)
  }

  @Test func configurationSaysHowItWasMade() throws {
    let world = try world()
    defer { world.remove() }
    _ = try bias(world, ["--method", "ties"])
    let keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: world.path("merged/config.json"))
    guard case .object(let section) = keys["merge"] else {
      Issue.record("`merge` is an object")
      return
    }
    #expect(section["method"] == .string("ties"))
    #expect(section["scaling_coefficient"] == .integer(1))
    #expect(section["kept_share"] == .number(0.2))
    let inspection = try world.expectDone(["inspect", world.path("merged"), "--json"])
    #expect(try inspection.json()["kind"] as? String == "CLIP vision tower")
  }

  @Test func optionsOfAnotherMethodAreRefused() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let merge = world.mergeArguments() + ["-o", world.path("merged")]
    for options in [
      ["--trim", "0.5"], ["--method", "ties", "--full"],
      ["--method", "weight-average", "--routing", "raw"], ["--method", "nonsense"],
      ["--method", "task-arithmetic", "--gates", "x"],
    ] {
      #expect(CommandRun(merge + options).exitCode == 64, "\(options)")
    }
    for options in [["--method", "ties", "--trim", "0"], ["--method", "ties", "--trim", "1.5"]] {
      #expect(CommandRun(merge + options).exitCode == 2, "\(options)")
    }
    #expect(!world.exists("merged"))
  }
}
