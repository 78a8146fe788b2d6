import Attribution
import Checkpoints
import Foundation
import ModelMerging
import Probes
import Probing
import RoutedModels
import RoutingFingerprints
import Tensors
import Testing
import VisionTransformers

/// Both victim merges against PyTorch's numbers, from decoded images and from the tar archives.
@Suite struct VictimParityTests {
  static let experts = ["scene15", "cars", "rsscn7", "cifar10", "streetchars"]

  @Test(arguments: ["softmax", "raw"], InstructionSet.allCases.filter(\.isAvailable))
  func routerLogitsAgreeLayerByLayerWithin1e3(routing: String, _ set: InstructionSet) throws {
    guard let shared = SharedMaterial.folder(for: #function) else { return }
    let goldens = try Checkpoint(path: "\(shared)/zoo/goldens-victim-\(routing).safetensors")
    let images = try GoldenImages(goldens)
    try withVictim(shared, routing) { folder, _ in
      let tower = try ModelFolder(path: folder).tower()
      let outputs = try tower.forward(
        sampleCount: images.count, pool: WorkerPool(), kernels: Kernels(set)
      ) { sample, destination in images.write(sample, to: destination) }

      let (S, E, L) = (images.count, Self.experts.count, tower.configuration.hiddenLayerCount)
      let expected = try goldens.floats("router_logits", shape: [S, E, L])
      for layer in 0..<L {
        let places = (0..<S * E).map { $0 * L + layer }
        let divergence = Divergence(
          expected: places.map { expected[$0] }, actual: places.map { outputs.routerLogits[$0] })
        try #require(divergence.absolute < 1e-3, "\(routing), layer \(layer): \(divergence)")
      }
      let features = try goldens.floats("features", shape: [S, tower.configuration.projectionSize])
      let divergence = Divergence(
        expected: features,
        actual: unitRows(outputs.features, width: tower.configuration.projectionSize))
      #expect(divergence.absolute < 1e-3, "\(routing), features: \(divergence)")
    }
  }

  @Test(arguments: ["softmax", "raw"])
  func meanLogitsFromTheArchivesAgreeWithin2e3AndSelfSimilarityWithin1e4(routing: String) throws {
    guard let shared = SharedMaterial.folder(for: #function) else { return }
    let goldens = try Checkpoint(path: "\(shared)/zoo/goldens-victim-\(routing).safetensors")
    try withVictim(shared, routing) { folder, scratch in
      let suite = try ProbeSuite.make(
        sources: Self.experts.map { ($0, "\(shared)/data/\($0)/train.tar") }, count: 100,
        selection: .first, preprocessing: nil, in: scratch)
      let capture = try Capture(
        model: ModelFolder(path: folder), suite: OpenSuite(suite, in: scratch),
        toolVersion: "test")
      let fingerprint = try capture.sums(batch: 64, pool: WorkerPool()).fingerprint()

      let (N, E, L) = (Self.experts.count, Self.experts.count, fingerprint.layerCount)
      let expected = try goldens.doubles("mean_logits", shape: [N, E, L])
      let actual = fingerprint.meanLogits.flatMap { $0.flatMap { $0 } }
      let logits = Divergence(expected: expected.map(Float.init), actual: actual.map(Float.init))
      #expect(logits.absolute < 2e-3, "\(routing), mean logits: \(logits)")

      let similarity = try goldens.doubles("self_similarity", shape: [E, E])
      let matrix = SimilarityMatrix(
        try TaskAlignment(victim: fingerprint, suspect: fingerprint))
      for victim in 0..<E {
        for suspect in 0..<E {
          let own = matrix.similarity[victim][suspect]
          let golden = similarity[victim * E + suspect]
          #expect(
            abs(own - golden) < 1e-4, "\(routing), \(victim) and \(suspect): \(own), \(golden)")
        }
      }
    }
  }

  @Test func fullCopyOfAMergeRoutesLikeItsRecipe() throws {
    guard let shared = SharedMaterial.folder(for: #function) else { return }
    let goldens = try Checkpoint(path: "\(shared)/zoo/goldens-victim-raw.safetensors")
    let images = try GoldenImages(goldens)
    try withVictim(shared, "raw") { folder, scratch in
      try Self.merge(shared, "raw").writeFull(to: "\(scratch)/full", replacing: false)
      func logits(_ path: String) throws -> [Float] {
        try ModelFolder(path: path).tower().forward(
          sampleCount: images.count, request: .routing, pool: WorkerPool(), kernels: Kernels()
        ) { sample, destination in images.write(sample, to: destination) }.routerLogits
      }
      #expect(try logits("\(scratch)/full") == logits(folder))
    }
  }

  private static func merge(_ shared: String, _ routing: String) throws -> Merge {
    try Merge(
      base: "\(shared)/zoo/base",
      experts: experts.map { Merge.Expert(name: $0, path: "\(shared)/zoo/\($0)") },
      gates: .file(GateFile(path: "\(shared)/zoo/victim-\(routing).gates.safetensors")))
  }

  /// Writes the victim's recipe into a scratch folder that is gone afterwards.
  private func withVictim(
    _ shared: String, _ routing: String,
    _ body: (_ folder: String, _ scratch: String) throws -> Void
  ) throws {
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("routemark-parity-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let folder = "\(scratch)/victim"
    try Self.merge(shared, routing).writeRecipe(to: folder, replacing: false)
    try body(folder, scratch)
  }
}
