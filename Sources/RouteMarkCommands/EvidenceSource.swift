import ArgumentParser
import Files
import Foundation
import ModelMerging
import Probes
import Probing
import RoutingFingerprints

/// Turns what a user names - a fingerprint, a trace or a model folder - into a fingerprint.
struct EvidenceSource {
  let suite: String?
  let signal: RouterSignal
  let options: FingerprintOptions
  /// How many blocks of each task's probe images to keep.
  let blocks: Int
  let compute: ComputeOptions
  let engine: EngineOptions
  let quiet: Bool

  /// The fingerprint that `path` is, holds or leads to.
  func fingerprint(at path: String) throws -> ModelFingerprint {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotOpen(path: path, reason: "there is no such file or folder")
    }
    if isFolder.boolValue { return try fingerprint(ofModel: path) }
    if path.hasSuffix(".json") {
      return try EvidenceFile.read(ModelFingerprint.self, at: path)
    }
    return try fingerprint(ofTraces: [path])
  }

  /// The fingerprint of a model over the suite.
  func fingerprint(ofModel path: String) throws -> ModelFingerprint {
    guard let suite else {
      throw ValidationError("\(path) is a model folder: name the probe suite with --suite FILE.")
    }
    let capture = try Capture(
      model: ModelFolder(path: path), suite: OpenSuite(contentsOf: suite), signal: signal,
      precision: engine.precision, cache: engine.weightsCache(), toolVersion: Program.tool)
    let progress = ProgressBar("capturing \((path as NSString).lastPathComponent)", quiet: quiet)
    defer { progress.finish() }
    return try capture.sums(
      batch: compute.batch, pool: compute.pool, blockCount: blocks, kernels: engine.kernels,
      progress: progress.handler
    ).fingerprint(options)
  }

  /// The fingerprint of one trace or of the shards of one.
  func fingerprint(ofTraces paths: [String]) throws -> ModelFingerprint {
    let progress = ProgressBar("reading traces", quiet: quiet)
    defer { progress.finish() }
    let shards = try TraceShards(paths: paths)
    return try shards.sums(blockCount: blocks, progress: progress.handler).fingerprint(options)
  }
}
