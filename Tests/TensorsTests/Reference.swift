// Plain loops in Double: the yardstick that kernels are held to. And seeded numbers.

import Tensors

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededNumbers: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in -1 ..< 1.
  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in Float.random(in: -1..<1, using: &self) * scale }
  }
}

enum Reference {
  static let instructionSets = InstructionSet.allCases.filter(\.isAvailable)

  static func activation(_ activation: Activation, _ x: Double) -> Double {
    switch activation {
    case .identity: x
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
    case .relu: max(x, 0)
    case .tanhGELU: x * 0.5 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  /// Also the sum of magnitudes, which bounds the rounding error.
  static func dot(_ count: Int, _ term: (Int) -> (Float, Float)) -> (sum: Double, size: Double) {
    var sum = 0.0
    var size = 0.0
    for k in 0..<count {
      let (a, b) = term(k)
      sum += Double(a) * Double(b)
      size += abs(Double(a) * Double(b))
    }
    return (sum, size)
  }

  static func layerNorm(
    _ x: [Float], gamma: [Float], beta: [Float], epsilon: Double
  ) -> (y: [Double], mean: Double, rstd: Double) {
    let count = Double(x.count)
    let mean = x.reduce(0.0) { $0 + Double($1) } / count
    let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
    let rstd = 1 / (variance + epsilon).squareRoot()
    let y = x.indices.map { (Double(x[$0]) - mean) * rstd * Double(gamma[$0]) + Double(beta[$0]) }
    return (y, mean, rstd)
  }

  static func softmax(_ x: [Double]) -> [Double] {
    let top = x.max() ?? 0
    let powers = x.map { exp($0 - top) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }

  /// softmax(q k^T / sqrt(dh)) v of [T, 3 D].
  static func attention(_ qkv: [Float], tokens: Int, width: Int, heads: Int) -> [Double] {
    let head = width / heads
    var out = [Double](repeating: 0, count: tokens * width)
    func value(_ t: Int, _ part: Int, _ column: Int) -> Double {
      Double(qkv[t * 3 * width + part * width + column])
    }
    for h in 0..<heads {
      for t in 0..<tokens {
        let scores = (0..<tokens).map { u in
          (0..<head).reduce(0.0) { $0 + value(t, 0, h * head + $1) * value(u, 1, h * head + $1) }
            / Double(head).squareRoot()
        }
        let weights = softmax(scores)
        for d in 0..<head {
          out[t * width + h * head + d] = (0..<tokens).reduce(0.0) {
            $0 + weights[$1] * value($1, 2, h * head + d)
          }
        }
      }
    }
    return out
  }
}

/// The largest of |actual - expected| / (1 + |expected|).
func largestError(_ actual: [Float], _ expected: [Double]) -> Double {
  zip(actual, expected).map { abs(Double($0) - $1) / (1 + abs($1)) }.max() ?? 0
}

/// Bit patterns, so that -0 and 0 differ and NaN equals itself.
func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }
