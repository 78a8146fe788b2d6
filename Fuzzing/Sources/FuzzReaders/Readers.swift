import Attribution
import Checkpoints
import Documents
import ModelFamilies
import ModelMerging
import NullPools
import Probes
import Probing
import RoutingFingerprints
import VisionTransformers

/// A reader of files that others wrote: it reads all there is, or throws.
struct Reader: Sendable {
  let name: String
  let read: @Sendable (_ path: String, _ bytes: [UInt8]) throws -> Void

  /// One entry per reader.
  static let all: [Reader] = [
    Reader(name: "safetensors") { path, _ in try tensors(of: Checkpoint(path: path)) },
    Reader(name: "index") { path, _ in try tensors(of: Checkpoint(path: path)) },
    Reader(name: "torch") { path, _ in try tensors(of: Checkpoint(path: path)) },
    Reader(name: "json") { path, _ in
      _ = try StrictJSON.decode(JSONValue.self, contentsOf: path)
    },
    Reader(name: "config") { path, _ in
      for family in ModelFamilies.vision { _ = try family.configuration(contentsOf: path) }
    },
    Reader(name: "preprocessor") { path, _ in _ = try ImagePreprocessor(contentsOf: path) },
    Reader(name: "suite") { path, _ in _ = try OpenSuite(contentsOf: path) },
    Reader(name: "pool") { path, _ in
      _ = try StrictJSON.decode(NullPool.self, contentsOf: path)
    },
    Reader(name: "trace") { path, _ in
      _ = try TraceShards(paths: [path]).sums(blockCount: 19).fingerprint()
    },
    Reader(name: "fingerprint") { path, _ in
      let fingerprint = try StrictJSON.decode(ModelFingerprint.self, contentsOf: path)
      _ = try fingerprint.discrepancies()
    },
    Reader(name: "case") { path, _ in
      let attribution = try StrictJSON.decode(AttributionCase.self, contentsOf: path)
      _ = try attribution.discrepancies()
    },
    Reader(name: "recipe") { path, _ in
      // The path is that of a `config.json` in a copy of a merged model's folder.
      _ = try ModelFolder(path: String(path.dropLast("/config.json".count))).mixture
    },
    Reader(name: "tar") { path, _ in
      let source = try ProbeSource(path: path)
      for index in source.samples.indices { _ = try source.image(at: index) }
    },
    Reader(name: "image") { path, bytes in
      try bytes.withUnsafeBytes { _ = try ImageDecoder.decode($0, name: path) }
    },
  ]

  private static func tensors(of checkpoint: Checkpoint) throws {
    for name in checkpoint.tensorNames {
      guard let tensor = checkpoint.descriptor(of: name) else { continue }
      if tensor.elementType.isFloatingPoint {
        _ = try checkpoint.floats(name, shape: tensor.shape)
      } else {
        _ = try checkpoint.integers(name, shape: tensor.shape)
      }
    }
    _ = try checkpoint.digest()
  }
}
