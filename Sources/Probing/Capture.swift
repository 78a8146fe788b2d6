import Checkpoints
import Diagnostics
import Documents
import Foundation
import ModelMerging
import Probes
import RoutedModels
import RoutingFingerprints
import Tensors
import VisionTransformers

/// Runs a merged model over a probe suite and records what its routers say.
public struct Capture: Sendable {
  /// What the recorded numbers refer to.
  public let description: TraceDescription
  /// Rows of the suite that are captured.
  public let rows: Range<Int>
  /// Digest of the preprocessing in use.
  public let preprocessingDigest: Digest
  /// What the model's weights are rounded to.
  public let precision: Precision
  private let tower: VisionTower
  private let pixels: SuitePixels
  private let modelPath: String

  /// Opens the model and checks that the suite's images fit it.
  ///
  /// - Parameters:
  ///   - signal: router logits, or what multiplies the task vectors.
  ///   - precision: what the weights outside of the gates are rounded to.
  ///   - cache: keeps the packed weights for the next run, or has them from an earlier one.
  ///   - shard: which of how many equal parts of the suite to capture.
  ///   - toolVersion: goes into the trace.
  /// - Throws: ``ProbingError``, `MergeError`, `VisionModelError`, `CheckpointError`, `ImageError`.
  public init(
    model: ModelFolder, suite: OpenSuite, signal: RouterSignal = .logits,
    precision: Precision = .f32, cache: PackedWeightsCache? = nil,
    shard: (index: Int, count: Int) = (0, 1), toolVersion: String
  ) throws {
    guard let mixture = model.mixture else { throw ProbingError.noRouter(model: model.path) }
    guard shard.count > 0, (0..<shard.count).contains(shard.index) else {
      throw ProbingError.shardOutOfRange(index: shard.index, count: shard.count)
    }
    pixels = try SuitePixels(
      suite, forModel: model.path, imageSize: model.configuration.imageSize)
    preprocessingDigest = Digest.sha256(of: try Self.canonicalJSON(pixels.preprocessor))
    let modelDigest = try model.digest()
    description = TraceDescription(
      tasks: suite.suite.tasks.map(\.name), experts: mixture.experts,
      layerCount: model.configuration.hiddenLayerCount, signal: signal,
      modelDigest: modelDigest, suiteDigest: suite.digest, toolVersion: toolVersion,
      preprocessingDigest: preprocessingDigest,
      routerState: try model.hasUntrainedGates() ? .untrained : .trained)
    self.precision = precision
    tower =
      if let cache {
        try model.tower(precision: precision, digest: modelDigest, cache: cache)
      } else {
        try model.tower(precision: precision)
      }
    // The weights are copied now: from here on their files may change.
    try model.requireUnchanged(since: modelDigest)
    modelPath = model.path
    let bounds = [shard.index, shard.index + 1].map { place in
      // The product in full width: a count of shards is a user's, and may be any.
      shard.count.dividingFullWidth(suite.sampleCount.multipliedFullWidth(by: place)).quotient
    }
    rows = bounds[0]..<bounds[1]
  }

  /// The task of every captured row.
  public var tasks: [Int] { rows.map(pixels.suite.task(of:)) }

  /// Captures and hands on batch after batch.
  ///
  /// - Parameter body: receives `[n, E, L]` numbers, the tasks of the n samples, and the place of
  ///   the first among the captured rows.
  /// - Throws: ``ProbingError/nonFiniteLogit(file:task:sample:layer:expert:)``, `ImageError`, and what
  ///   `body` throws.
  public func run(
    batch: Int, pool: WorkerPool, kernels: Kernels = Kernels(), progress: ProgressHandler? = nil,
    _ body: (_ logits: [Float], _ tasks: [Int], _ firstSample: Int) throws -> Void
  ) throws {
    let pixelCount = tower.configuration.pixelCount
    let loader = ImageLoader(pixelCount: pixelCount, threads: pool.threads) {
      [pixels] row, destination in try pixels.write(row, into: destination)
    }
    let memory = TowerMemory()
    let ranges = batches(batch)
    for (index, range) in ranges.enumerated() {
      let next = index + 1 < ranges.count ? ranges[index + 1] : rows.upperBound..<rows.upperBound
      let images = try loader.pixels(of: range, then: next)
      let outputs = try tower.forward(
        sampleCount: range.count, request: .routing, pool: pool, kernels: kernels, memory: memory
      ) { sample, destination in
        destination.update(from: images.pointer + sample * pixelCount, count: pixelCount)
      }
      let numbers =
        description.signal == .weights ? outputs.routingWeights : outputs.routerLogits
      try check(numbers, first: range.lowerBound)
      try body(numbers, range.map(pixels.suite.task(of:)), range.lowerBound - rows.lowerBound)
      progress?(range.upperBound - rows.lowerBound, rows.count)
    }
  }

  /// Rows that go through the model together.
  ///
  /// The first are a quarter of `size`, so that the model does not wait for a whole batch of images.
  private func batches(_ size: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    while let start = result.last?.upperBound ?? rows.first, start < rows.upperBound {
      let count = result.isEmpty ? (size + 3) / 4 : size
      result.append(start..<min(start + count, rows.upperBound))
    }
    return result
  }

  /// The model's work of ``run(batch:pool:kernels:progress:_:)`` without reading an image, to tell
  /// apart what a capture spends its time on.
  ///
  /// - Throws: nothing of its own.
  public func runOnBlankImages(batch: Int, pool: WorkerPool, kernels: Kernels = Kernels()) throws {
    let memory = TowerMemory()
    for range in batches(batch) {
      _ = try tower.forward(
        sampleCount: range.count, request: .routing, pool: pool, kernels: kernels, memory: memory
      ) { [tower] _, destination in
        destination.update(repeating: 0.5, count: tower.configuration.pixelCount)
      }
    }
  }

  /// Captures into a trace file.
  ///
  /// - Throws: what ``run(batch:pool:kernels:progress:_:)`` throws; `FileError`. Nothing is left under
  ///   `path` then.
  public func write(
    to path: String, replacing: Bool, batch: Int, pool: WorkerPool, kernels: Kernels = Kernels(),
    progress: ProgressHandler? = nil
  ) throws {
    let writer = try TraceWriter(
      path: path, description: description, tasks: tasks, firstSample: rows.lowerBound,
      preprocessingDigest: preprocessingDigest, precision: precision,
      instructionSet: kernels.instructionSet, replacing: replacing)
    try run(batch: batch, pool: pool, kernels: kernels, progress: progress) { logits, _, _ in
      try writer.write(logits)
    }
    try writer.commit()
  }

  /// Captures straight into a fingerprint's sums.
  ///
  /// - Parameter blockCount: How many blocks to keep of each task, for intervals over probe images;
  ///   0 for none.
  /// - Throws: what ``run(batch:pool:kernels:progress:_:)`` throws.
  public func sums(
    batch: Int, pool: WorkerPool, blockCount: Int = 0, kernels: Kernels = Kernels(),
    progress: ProgressHandler? = nil
  ) throws -> FingerprintAccumulator {
    var sums = try FingerprintAccumulator(description, blockCount: blockCount)
    try run(batch: batch, pool: pool, kernels: kernels, progress: progress) {
      logits, tasks, first in
      try logits.withUnsafeBufferPointer {
        try sums.add(
          logits: $0, tasks: tasks, firstSample: first, firstRow: rows.lowerBound + first)
      }
    }
    return sums
  }

  private func check(_ numbers: [Float], first: Int) throws(ProbingError) {
    guard let index = numbers.firstIndex(where: { !$0.isFinite }) else { return }
    let (E, L) = (description.experts.count, description.layerCount)
    let sample = first + index / (E * L)
    throw .nonFiniteLogit(
      file: modelPath, task: description.tasks[pixels.suite.task(of: sample)], sample: sample,
      layer: index % L, expert: description.experts[index / L % E])
  }

  private static func canonicalJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }
}
