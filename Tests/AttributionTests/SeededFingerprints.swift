import Diagnostics
import RoutingFingerprints

/// SplitMix64: the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A digest of 32 equal bytes.
func digest(_ byte: UInt8) -> Digest { Digest(bytes: repeatElement(byte, count: 32)) }

/// A fingerprint of given means `[N, E, L]`; tasks are `t0...` unless named.
func fingerprint(
  _ meanLogits: [[[Double]]], tasks: [String]? = nil, experts: [String]? = nil,
  counts: [Int]? = nil, signal: RouterSignal = .logits, model: UInt8 = 1, suite: UInt8 = 2,
  options: FingerprintOptions = FingerprintOptions()
) throws -> ModelFingerprint {
  try ModelFingerprint(
    description: TraceDescription(
      tasks: tasks ?? meanLogits.indices.map { "t\($0)" },
      experts: experts ?? (meanLogits.first ?? []).indices.map { "e\($0)" },
      layerCount: meanLogits.first?.first?.count ?? 0, signal: signal,
      modelDigest: digest(model), suiteDigest: digest(suite), toolVersion: "test 1"),
    counts: counts ?? meanLogits.indices.map { $0 + 3 }, meanLogits: meanLogits, options: options)
}

/// Random means `[N, E, L]` in -3...3.
func randomMeans(
  seed: UInt64, tasks: Int, experts: Int, layers: Int
) -> [[[Double]]] {
  var generator = SeededGenerator(seed: seed)
  return (0..<tasks).map { _ in
    (0..<experts).map { _ in
      (0..<layers).map { _ in Double.random(in: -3...3, using: &generator) }
    }
  }
}

/// Means in which expert e scores `strength` on task e and 0 elsewhere, in every layer.
func specialists(_ count: Int, layers: Int = 2, strength: Double = 4) -> [[[Double]]] {
  (0..<count).map { task in
    (0..<count).map { expert in
      [Double](repeating: task == expert ? strength : 0, count: layers)
    }
  }
}
