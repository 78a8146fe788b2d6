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

/// A description with tasks `t0...` and experts `e0...`.
func describe(
  tasks: Int, experts: Int, layers: Int, signal: RouterSignal = .logits
) -> TraceDescription {
  TraceDescription(
    tasks: (0..<tasks).map { "t\($0)" }, experts: (0..<experts).map { "e\($0)" },
    layerCount: layers, signal: signal, modelDigest: digest(1), suiteDigest: digest(2),
    toolVersion: "test 1")
}

/// A trace in memory.
struct SeededTrace {
  let description: TraceDescription
  var logits: [Float]  // [S, E, L]
  var tasks: [Int]  // [S]

  var sampleSize: Int { description.experts.count * description.layerCount }

  init(_ description: TraceDescription, logits: [Float], tasks: [Int]) {
    self.description = description
    self.logits = logits
    self.tasks = tasks
  }

  /// Random logits of widely different magnitudes; every task has a sample.
  init(seed: UInt64, samples: Int = 40) {
    var generator = SeededGenerator(seed: seed)
    description = describe(
      tasks: Int.random(in: 1...5, using: &generator),
      experts: Int.random(in: 1...6, using: &generator),
      layers: Int.random(in: 1...7, using: &generator))
    let taskCount = description.tasks.count
    tasks = (0..<samples).map { index in
      index < taskCount ? index : Int.random(in: 0..<taskCount, using: &generator)
    }
    let count = samples * description.experts.count * description.layerCount
    logits = (0..<count).map { _ in
      let exponent = Int.random(in: -20...12, using: &generator)
      return Float(sign: .plus, exponent: exponent, significand: 1)
        * Float.random(in: -1...1, using: &generator)
    }
  }

  /// The sums over the samples of some rows.
  func sums(_ rows: [Int]) throws -> FingerprintAccumulator {
    var sums = try FingerprintAccumulator(description)
    for row in rows {
      try Array(logits[row * sampleSize..<(row + 1) * sampleSize]).withUnsafeBufferPointer {
        try sums.add(logits: $0, tasks: [tasks[row]], firstSample: row)
      }
    }
    return sums
  }

  /// The sums over all samples, added in one batch.
  func sums() throws -> FingerprintAccumulator {
    var sums = try FingerprintAccumulator(description)
    try logits.withUnsafeBufferPointer {
      try sums.add(logits: $0, tasks: tasks, firstSample: 0)
    }
    return sums
  }
}
