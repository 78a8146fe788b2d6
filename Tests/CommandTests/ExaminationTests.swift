import Attribution
import Checkpoints
import Examinations
import Foundation
import Synchronization
import Testing

/// What `Examinations` promises to faces other than the command line.
@Suite struct ExaminationTests {
  private final class Events: Sendable {
    private let all = Mutex<[ExaminationEvent]>([])

    func note(_ event: ExaminationEvent) { all.withLock { $0.append(event) } }

    /// How often each model and suite was opened.
    var openings: [String: Int] {
      all.withLock { events in
        var counts: [String: Int] = [:]
        for case .opened(let path) in events { counts[path, default: 0] += 1 }
        return counts
      }
    }
  }

  private func withPool(_ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.prepare(["victim": 1, "suspect": 2])
    try world.expectDone(world.trainNulls(count: 3))
    try world.expectDone(world.mergeNulls())
    try body(world)
  }

  @Test func opensEveryModelAndSuiteOnceForACalibratedCase() throws {
    try withPool { world in
      let events = Events()
      let examiner = Examiner(tool: "test 1", command: "a test") { events.note($0) }
      let suite = world.path("suite.json")
      let comparison = try AttributionRequest(
        victim: world.path("victim"), suspect: world.path("suspect"),
        fingerprints: FingerprintSettings(suite: suite),
        nulls: AttributionRequest.Nulls(pool: world.path("nulls"), base: world.path("base"))
      ).run(examiner)
      #expect(comparison.calibration != nil)
      #expect(comparison.provenance.toolVersion == "test 1")
      #expect(comparison.provenance.commandLine == "a test")
      let opened = ["victim", "suspect", "base", "suite.json"].map { world.path($0) }
      #expect(events.openings == Dictionary(uniqueKeysWithValues: opened.map { ($0, 1) }))
    }
  }

  @Test func importsNullsOfOthersWithTheirRecipe() throws {
    try withPool { world in
      let words = "200 steps elsewhere, seeds 7 and 8"
      try world.expectDone(world.trainNulls(count: 4, to: "elsewhere"))
      let theirs = ["stripes-02", "stripes-03"].map { world.path("elsewhere/experts/\($0)") }
      // The third is the pool's own by seed; the fourth is new to it.
      let arguments = [
        "null", "import", "--pool", world.path("nulls"), "--base", world.path("base"), "--task",
        "stripes", "--recipe", words,
      ]
      let before = try world.bytes("nulls/pool.json")
      let twice = CommandRun(arguments + theirs)
      #expect(twice.exitCode == 2 && twice.talk.contains("has these weights already"))
      let base = CommandRun(arguments + [world.path("base")])
      #expect(base.exitCode == 2 && base.talk.contains("is the base model itself"))
      #expect(try world.bytes("nulls/pool.json") == before)

      try world.expectDone(arguments + [theirs[1]])
      for task in ["dots", "noise"] {
        try world.expectDone([
          "null", "import", "--pool", world.path("nulls"), "--base", world.path("base"),
          "--task", task, "--recipe", words, world.path("elsewhere/experts/\(task)-03"),
        ])
      }
      let case_ = try world.expectDone([
        "attribute", "--victim", world.path("victim"), "--suspect", world.path("suspect"),
        "--suite", world.path("suite.json"), "--nulls", world.path("nulls"), "--base",
        world.path("base"), "--json",
      ])
      #expect(case_.output.contains("3 trained elsewhere, as stated: \(words)"))
      // Another import of the same weights is refused, whatever it is called.
      #expect(CommandRun(arguments + [theirs[1]]).exitCode == 2)
    }
  }

  @Test func saysWhatNullsCostBeforeTheyAreTrained() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    let run = try world.expectDone(world.trainNulls(count: 1))
    let lines = run.talk.split(separator: "\n")
    #expect(lines.first?.hasPrefix("3 experts on 24 images each: about ") == true, "\(run.talk)")
    #expect(lines.dropFirst().first?.hasPrefix("[1/3] stripes 0") == true)
  }
}

/// A merge is refused before anything is written when nothing could read it.
@Suite struct MergeRefusalTests {
  private func withWorld(_ body: (TinyWorld) throws -> Void) throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try body(world)
  }

  /// Writes a tower again without some tensors, or with other numbers.
  private func rewrite(
    _ name: String, in world: TinyWorld, change: (String, inout [Float]) -> Bool
  ) throws {
    let checkpoint = try Checkpoint(path: world.path(name))
    let tensors = try checkpoint.tensorNames.compactMap {
      name -> (TensorSpecification, [Float])? in
      guard let shape = checkpoint.descriptor(of: name)?.shape else { return nil }
      var values = try checkpoint.floats(name, shape: shape)
      guard change(name, &values) else { return nil }
      return (TensorSpecification(name: name, elementType: .f32, shape: shape), values)
    }
    try writeSafetensors(
      path: world.path("\(name)/model.safetensors"), tensors: tensors, replacing: true)
  }

  @Test func leavesNothingOfAMergeWhoseExpertIsIncomplete() throws {
    try withWorld { world in
      let missing = "vision_model.encoder.layers.1.mlp.fc2.bias"
      try rewrite("dots", in: world) { name, _ in name != missing }
      for rest in [[], ["--full"], ["--method", "ties"]] {
        let run = CommandRun(world.mergeArguments() + rest + ["-o", world.path("m")])
        #expect(run.exitCode == 2 && run.talk.contains(missing), "\(run.talk)")
        #expect(!world.exists("m"))
      }
      try world.expectDone(world.mergeArguments(["stripes", "noise"]) + ["-o", world.path("m")])
    }
  }

  @Test func leavesNothingOfAMergeWithNumbersThatAreNotFinite() throws {
    try withWorld { world in
      try rewrite("noise", in: world) { name, values in
        if name.hasSuffix("layers.0.mlp.fc1.weight") { values[3] = 12345.5 }
        return true
      }
      // The writer refuses what is not finite, so the number is put into the finished file.
      let file = URL(fileURLWithPath: world.path("noise/model.safetensors"))
      var bytes = try Data(contentsOf: file)
      let marker = withUnsafeBytes(of: Float(12345.5).bitPattern.littleEndian) { Data($0) }
      let place = try #require(bytes.range(of: marker))
      bytes.replaceSubrange(
        place, with: withUnsafeBytes(of: Float.nan.bitPattern.littleEndian) { Data($0) })
      try bytes.write(to: file)
      for rest in [[], ["--full"]] {
        let run = CommandRun(world.mergeArguments() + rest + ["-o", world.path("m")])
        #expect(run.exitCode == 2 && run.talk.contains("layers.0.mlp.fc1.weight"), "\(run.talk)")
        #expect(!world.exists("m"))
      }
    }
  }

  @Test func takesTheProjectionOfTheBaseWhereExpertsHaveNone() throws {
    try withWorld { world in
      // With their own projections, all equal to the base's, and without any.
      let projection = try Checkpoint(path: world.path("base"))
        .floats("visual_projection.weight", shape: [4, 8])
      for name in TinyWorld.experts {
        try rewrite(name, in: world) { tensor, values in
          if tensor == "visual_projection.weight" { values = projection }
          return true
        }
      }
      let methods = [[], ["--full"], ["--method", "task-arithmetic"], ["--method", "ties"]]
      for (index, rest) in methods.enumerated() {
        try world.expectDone(world.mergeArguments() + rest + ["-o", world.path("with-\(index)")])
      }
      for name in TinyWorld.experts {
        try rewrite(name, in: world) { tensor, _ in tensor != "visual_projection.weight" }
      }
      try world.prepare([:])
      for (index, rest) in methods.enumerated() {
        try world.expectDone(
          world.mergeArguments() + rest + ["-o", world.path("without-\(index)")])
        if index > 0 {
          #expect(
            try world.bytes("with-\(index)/model.safetensors")
              == world.bytes("without-\(index)/model.safetensors"))
        }
      }
      try world.expectDone([
        "capture", "--model", world.path("without-0"), "--suite", world.path("suite.json"), "-o",
        world.path("t.trace.safetensors"),
      ])
    }
  }

  @Test func namesTheNextStepOfAMergeWithFreshGates() throws {
    try withWorld { world in
      let run = try world.expectDone(world.mergeArguments() + ["-o", world.path("m")])
      #expect(run.talk.contains("the gates are untrained"))
      #expect(run.talk.contains("next: routemark adapt"))
    }
  }
}
