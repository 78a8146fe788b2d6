import Calibration
import Diagnostics
import RoutingFingerprints
import Statistics

/// A digest of 32 equal bytes.
func digest(_ byte: UInt8) -> Digest { Digest(bytes: repeatElement(byte, count: 32)) }

/// Responses of experts as vectors, layer by layer.
typealias Response = [[Double]]

/// Experts of one task: what the task asks of all of them, and what each has of its own.
struct SeededExperts {
  var generator: SplitMix64
  /// The size of an expert's own part, relative to the task's.
  var own = 1.0
  var layers = 3
  var width = 40

  init(seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func normal() -> Double {
    NormalDistribution.quantile(
      (Double(generator.index(below: 1 << 40)) + 0.5) / Double(1 << 40))
  }

  /// Random numbers of unit variance.
  mutating func vector() -> Response {
    (0..<layers).map { _ in (0..<width).map { _ in normal() } }
  }

  /// An independent expert of a task.
  mutating func expert(of task: Response) -> Response {
    add(task, vector(), own)
  }

  /// a + factor * b.
  func add(_ a: Response, _ b: Response, _ factor: Double) -> Response {
    zip(a, b).map { zip($0, $1).map { $0 + factor * $1 } }
  }
}

/// The inner products of responses, in the order victim, suspect, nulls.
func gram(
  _ responses: [Response], victim: String = "a", suspect: String = "x", masked: Double = 0
) throws -> ResponseGram {
  let layers = (responses.first ?? []).indices.map { layer in
    responses.flatMap { a in
      responses.map { b in zip(a[layer], b[layer]).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }
  return try ResponseGram(
    victimExpert: victim, suspectExpert: suspect, maskedShare: masked, layers: layers)
}

/// A fingerprint of given means `[N, E, L]`.
func fingerprint(
  _ means: [[[Double]]], experts: [String]? = nil, tasks: [String]? = nil, counts: [Int]? = nil,
  blocks: TaskBlocks? = nil, suite: UInt8 = 2
) throws -> ModelFingerprint {
  try ModelFingerprint(
    description: TraceDescription(
      tasks: tasks ?? means.indices.map { "t\($0)" },
      experts: experts ?? (means.first ?? []).indices.map { "e\($0)" },
      layerCount: means.first?.first?.count ?? 0, modelDigest: digest(1),
      suiteDigest: digest(suite), toolVersion: "test 1"),
    counts: counts ?? means.map { _ in 40 }, meanLogits: means, blocks: blocks)
}

/// A reference to `count` nulls.
func pool(_ count: Int, suite: UInt8 = 2) -> NullPoolReference {
  NullPoolReference(
    manifestDigest: digest(3), baseDigest: digest(4), suiteDigest: digest(suite),
    tasks: ["t0", "t1", "t2"], nullCount: count, recipes: "seeds 1 to \(count)")
}

/// Routers of merges of the same tasks: expert e prefers task e, and each router its own details.
struct SeededRouters {
  var experts: SeededExperts
  let count: Int
  let layers: Int
  private let task: [[[Double]]]  // [N, E, L]

  init(seed: UInt64, count: Int = 5, layers: Int = 12) {
    experts = SeededExperts(seed: seed)
    self.count = count
    self.layers = layers
    task = (0..<count).map { task in
      (0..<count).map { expert in
        (0..<layers).map { layer in task == expert ? 1 + Double(layer) / 4 : 0 }
      }
    }
  }

  /// The means of another independent merge, `[N, E, L]`.
  mutating func means(own: Double = 0.4) -> [[[Double]]] {
    task.map { table in table.map { row in row.map { $0 + own * experts.normal() } } }
  }

  /// Given means with noise.
  mutating func near(_ means: [[[Double]]], noise: Double) -> [[[Double]]] {
    means.map { table in table.map { row in row.map { $0 + noise * experts.normal() } } }
  }
}
