import CaseFiles
import Files
import Foundation
import Probing
import RoutingFingerprints

/// How what people name - a fingerprint, a trace or a model folder - becomes a fingerprint.
public struct FingerprintSettings: Sendable {
  /// The probe suite that model folders are run over.
  public var suite: String?
  /// What is recorded of model folders.
  public var signal: RouterSignal
  /// How scores and preferences are formed.
  public var options: FingerprintOptions
  /// How many blocks of each task's probe images to keep, 0 for none.
  public var blocks: Int
  /// With which numbers and kernels model folders are run.
  public var engine: EngineSettings
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// Settings.
  public init(
    suite: String? = nil, signal: RouterSignal = .logits,
    options: FingerprintOptions = FingerprintOptions(), blocks: Int = TaskBlocks.standardCount,
    engine: EngineSettings = EngineSettings(), compute: ComputeSettings = ComputeSettings()
  ) {
    self.suite = suite
    self.signal = signal
    self.options = options
    self.blocks = blocks
    self.engine = engine
    self.compute = compute
  }
}

/// Turns what people name into a fingerprint.
struct EvidenceSource {
  let settings: FingerprintSettings
  let inputs: OpenedInputs
  let examiner: Examiner

  /// The fingerprint that `path` is, holds or leads to.
  func fingerprint(at path: String) throws -> ModelFingerprint {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotOpen(path: path, reason: "there is no such file or folder")
    }
    if isFolder.boolValue { return try fingerprint(ofModel: path) }
    if path.hasSuffix(".json") {
      return try EvidenceDocument.read(ModelFingerprint.self, at: path).value
    }
    return try fingerprint(ofTraces: [path])
  }

  /// The fingerprint of a model over the suite.
  func fingerprint(ofModel path: String) throws -> ModelFingerprint {
    guard let suite = settings.suite else {
      throw ExaminationError.suiteNeeded(path: path, purpose: "it is a model folder")
    }
    let capture = try Capture(
      model: inputs.model(path), suite: inputs.suite(suite), signal: settings.signal,
      precision: settings.engine.precision, cache: settings.engine.weightsCache(),
      toolVersion: examiner.tool)
    return try examiner.stage("capturing \((path as NSString).lastPathComponent)") { stage in
      try capture.sums(
        batch: settings.compute.batch, pool: settings.compute.pool, blockCount: settings.blocks,
        kernels: settings.engine.kernels, progress: stage.handler
      ).fingerprint(settings.options)
    }
  }

  /// The fingerprint of one trace or of the shards of one.
  func fingerprint(ofTraces paths: [String]) throws -> ModelFingerprint {
    try examiner.stage("reading traces") { stage in
      try TraceShards(paths: paths).sums(blockCount: settings.blocks, progress: stage.handler)
        .fingerprint(settings.options)
    }
  }
}
