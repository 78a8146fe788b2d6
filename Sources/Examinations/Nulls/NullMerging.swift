import Checkpoints
import Diagnostics
import Documents
import Files
import Foundation
import ModelMerging
import NullPools
import Probes
import Probing
import RoutingFingerprints
import Tensors
import Training

/// Makes a pool's missing merges and keeps the manifest up to date.
struct NullMerging {
  let place: NullPoolFolder
  let base: ModelFolder
  let images: [TaskImages]
  let heads: HeadFile
  let suite: OpenSuite
  let adaptation: NullMerges.Adaptation
  let threads: Int?
  let examiner: Examiner

  /// Merges until there are `count`.
  ///
  /// - Parameter count: as many as there are experts of every task when `nil`.
  /// - Returns: the pool with its merges.
  /// - Throws: `NullPoolError` when base, heads, images, suite or settings are not the pool's.
  func run(count: Int?) throws -> NullPool {
    var pool = try place.read()
    try pool.require(base: base.digest(), in: place.path)
    try pool.require(head: heads.digest(), in: place.path)
    try pool.require(tasks: NullPool.tasks(images), in: place.path)
    var merges = pool.merges ?? NullMerges(suite: suite.digest, adaptation: adaptation)
    try merges.require(suite: suite.digest, in: place.path)
    guard merges.adaptation == adaptation else {
      throw NullPoolError.otherSetting(
        pool: place.path, name: "adaptation", expected: "\(merges.adaptation)",
        actual: "\(adaptation)")
    }
    let count = try count ?? pool.completeCount(in: place.path)
    try Folder.make(place.resolve("merges"))
    let cache = PixelCache(sampleCounts: images.map(\.source.samples.count))
    for index in 0..<count where !isFinished(merges.entry(index)) {
      examiner.note("[\(index + 1)/\(count)] merge \(index)")
      let entry = try make(index, of: pool, cache)
      merges.entries.removeAll { $0.index == index }
      merges.entries.append(entry)
      merges.entries.sort { $0.index < $1.index }
      pool.merges = merges
      try place.write(pool)
    }
    return pool
  }

  private func isFinished(_ entry: NullMerges.Entry?) -> Bool {
    guard let entry else { return false }
    let files = FileManager.default
    return files.fileExists(atPath: place.resolve("\(entry.path)/config.json"))
      && files.fileExists(atPath: place.resolve(entry.fingerprint))
  }

  private func make(
    _ index: Int, of pool: NullPool, _ cache: PixelCache
  ) throws -> NullMerges.Entry {
    let seeds = pool.mergeSeeds(index)
    let path = NullPoolFolder.mergePath(index: index)
    let start = place.resolve("\(path).start")
    try Merge(
      base: base.path, experts: parts(index, of: pool),
      gates: .fresh(GateInitialization(seed: seeds.gates)), routing: .softmax
    ).writeRecipe(to: start, replacing: true)
    let settings = try TrainingSettings(
      batchSize: adaptation.batch,
      schedule: LearningRateSchedule(
        .constant, peak: adaptation.learningRate, totalSteps: adaptation.steps),
      optimizer: AdamOptimizer(), seed: seeds.images, threads: threads)
    let made = try RouterAdaptation(
      folder: ModelFolder(path: start), heads: heads, images: images, settings: settings,
      schedule: .constant, fromScratch: false, cache: cache
    ).run(
      output: place.resolve(path),
      TrainingRun.Handling(interval: 100, resumes: true, force: false),
      label: "adapting \(index)", examiner: examiner)
    let merged = try ModelFolder(path: made.run.output)
    let fingerprint = "\(path).fingerprint.json"
    try DocumentFile.write(
      try self.fingerprint(of: merged),
      to: OutputPlace(place.resolve(fingerprint), replacing: true))
    try Folder.remove(start)
    return NullMerges.Entry(
      index: index, path: path, sha256: try merged.digest(),
      fingerprint: fingerprint,
      fingerprintDigest: try Digest.sha256(ofFile: place.resolve(fingerprint)))
  }

  private func fingerprint(of model: ModelFolder) throws -> ModelFingerprint {
    let capture = try Capture(
      model: model, suite: suite, toolVersion: examiner.tool)
    return try examiner.stage("capturing") { stage in
      try capture.sums(
        batch: 64, pool: WorkerPool(threads: threads), progress: stage.handler
      ).fingerprint(FingerprintOptions())
    }
  }

  /// The experts of a merge, found to be those of the manifest.
  private func parts(_ index: Int, of pool: NullPool) throws -> [Merge.Expert] {
    try pool.tasks.map { task in
      guard let expert = pool.expert(task.name, index) else {
        throw NullPoolError.tooFewExperts(
          pool: place.path, task: task.name, expected: index + 1,
          actual: pool.experts.filter { $0.task == task.name }.count)
      }
      return Merge.Expert(name: task.name, path: try place.open(expert).path)
    }
  }
}
