import Foundation
import Probes
import RoutedModels
import Tensors
import Testing
import VisionTransformers

@Suite struct EvaluateTests {
  /// Counts of a task in `evaluate --json`.
  private func counts(_ run: CommandRun) throws -> [[Int]] {
    let tasks = try run.json()["tasks"] as? [[String: Any]] ?? []
    return tasks.map { [$0["correct"] as? Int ?? -1, $0["samples"] as? Int ?? -1] }
  }

  private func evaluate(_ world: TinyWorld, _ model: String, _ tasks: [String]) -> [String] {
    [
      "evaluate", "--model", world.path(model), "--head", world.path("heads.safetensors"),
      "--json",
    ] + world.data(tasks)
  }

  @Test func countsTheImagesWhoseOwnFeaturesAreTheirClass() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    // Two images a class; the head's rows are the features of the first image of each class, so
    // those are right; with the rows exchanged they are wrong.
    let folder = world.path("images-pair")
    var generator = SeededGenerator(seed: 8)
    for label in 0..<2 {
      let target = "\(folder)/class-\(label)"
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      let pixels = (0..<16 * 16 * 3).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
      try PNGFile.bytes(width: 16, height: 16, pixels: pixels)
        .write(to: URL(fileURLWithPath: "\(target)/0.png"))
    }
    let rows = try features(world, of: folder)
    let width = rows.count / 2
    let exchanged = Array(rows[width...]) + Array(rows[..<width])
    try world.writeHeads([("pair", 2, rows)])
    #expect(try counts(world.expectDone(evaluate(world, "base", ["pair"]))) == [[2, 2]])
    try world.writeHeads([("pair", 2, exchanged)])
    #expect(try counts(world.expectDone(evaluate(world, "base", ["pair"]))) == [[0, 2]])
    // The lengths of rows do not count: three times the first row leads to the same classes.
    try world.writeHeads([("pair", 2, rows[..<width].map { 3 * $0 } + Array(rows[width...]))])
    #expect(try counts(world.expectDone(evaluate(world, "base", ["pair"]))) == [[2, 2]])
  }

  private func features(_ world: TinyWorld, of folder: String) throws -> [Float] {
    let source = try ProbeSource(path: folder)
    let preprocessor = try ImagePreprocessor(
      contentsOf: world.path("base/preprocessor_config.json"))
    let tower = try world.tower("base")
    return try tower.forward(
      sampleCount: source.samples.count, request: .features, pool: WorkerPool(threads: 1),
      kernels: Kernels()
    ) { sample, pixels in
      let values = preprocessor.pixels(try source.image(at: sample))
      for (index, value) in values.enumerated() { pixels[index] = value }
    }.features
  }

  @Test func equalRowsGoToTheFirstClass() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    let row: [Float] = [1, 2, 3, 4]
    try world.writeHeads(TinyWorld.experts.map { ($0, 2, row + row) })
    let run = try world.expectDone(evaluate(world, "base", TinyWorld.experts))
    #expect(try counts(run) == [[3, 6], [3, 6], [3, 6]])
    #expect(try run.json()["mean_accuracy"] as? Double == 0.5)
    let few = try world.expectDone(
      evaluate(world, "base", TinyWorld.experts) + ["--count", "3"])
    // The samples stand class by class.
    #expect(try counts(few) == [[3, 3], [3, 3], [3, 3]])
  }

  @Test func everyKindOfModelIsEvaluatedAndBatchesDoNotMatter() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    try world.expectDone(world.mergeArguments() + ["-o", world.path("recipe")])
    try world.expectDone(world.mergeArguments() + ["--full", "-o", world.path("full")])
    let methods = ["task-arithmetic", "weight-average", "ties"]
    for method in methods {
      try world.expectDone(
        world.mergeArguments() + ["--method", method, "-o", world.path(method)])
    }
    var results: [String: [[Int]]] = [:]
    for model in ["base", "stripes", "recipe", "full"] + methods {
      let arguments = evaluate(world, model, TinyWorld.experts)
      let whole = try counts(world.expectDone(arguments))
      #expect(try whole == counts(world.expectDone(arguments + ["--batch", "1"])))
      #expect(whole.allSatisfy { (0...6).contains($0[0]) && $0[1] == 6 })
      results[model] = whole
    }
    #expect(results["recipe"] == results["full"])
  }

  @Test func labelsAreNeeded() throws {
    let world = try TinyWorld()
    defer { world.remove() }
    try world.writeHeads()
    let flat = world.path("images-stripes/class-0")
    let run = CommandRun([
      "evaluate", "--model", world.path("base"), "--head", world.path("heads.safetensors"),
      "--data", "stripes=\(flat)",
    ])
    #expect(run.exitCode == 2)
    #expect(run.talk.contains("no label"), "\(run.talk)")
  }
}
