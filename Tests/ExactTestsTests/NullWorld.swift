import ExactTests
import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Seeded numbers for simulated worlds.
struct Dice {
  private var generator: SplitMix64

  init(_ seed: UInt64) { generator = SplitMix64(seed: seed) }

  mutating func index(below bound: Int) -> Int { generator.index(below: bound) }
  mutating func permutation(of count: Int) -> [Int] { generator.permutation(of: count) }
  mutating func seed() -> UInt64 { generator.next() }

  /// Uniform, above 0 and at most 1.
  mutating func uniform() -> Double { Double((generator.next() >> 11) + 1) * 0x1p-53 }

  /// Standard normal (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
  }

  mutating func normals(_ count: Int) -> [Double] { (0..<count).map { _ in normal() } }

  /// A subset of `count` of `all`, uniformly.
  mutating func subset(_ count: Int, of all: Int) -> [Bool] {
    var result = [Bool](repeating: false, count: all)
    for index in permutation(of: all).prefix(count) { result[index] = true }
    return result
  }
}

/// A world of runs: a shared task, and what each seed adds to it, unevenly over directions.
struct RunWorld {
  let task: [Double]
  let spread: [Double]
  /// The same for a few seeds' worth of noise: runs fall into one of these grooves.
  let grooves: [[Double]]

  init(dimension: Int, dice: inout Dice) {
    task = dice.normals(dimension)
    spread = (0..<dimension).map { 2 / Double($0 + 1).squareRoot() }
    grooves = [dice.normals(dimension), dice.normals(dimension)]
  }

  /// A run of the victim's recipe with a fresh seed.
  func run(_ dice: inout Dice) -> [Double] {
    let groove = grooves[dice.index(below: grooves.count)]
    return task.indices.map { task[$0] + groove[$0] + spread[$0] * dice.normal() }
  }
}

func sum(_ terms: (Double, [Double])...) -> [Double] {
  (terms.first?.1 ?? []).indices.map { index in
    terms.reduce(0) { $0 + $1.0 * $1.1[index] }
  }
}

func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

/// The inner products of vectors, row by row.
func gram(_ vectors: [[Double]]) -> [Double] {
  var result = [Double](repeating: 0, count: vectors.count * vectors.count)
  for (row, a) in vectors.enumerated() {
    for column in 0...row {
      let value = product(a, vectors[column])
      result[row * vectors.count + column] = value
      result[column * vectors.count + row] = value
    }
  }
  return result
}

/// Counts p-values and holds them to a binomial bound.
struct Accusations {
  private(set) var pValues: [Double] = []

  mutating func add(_ pValue: Double) { pValues.append(pValue) }

  func share(atMost level: Double) -> Double {
    Double(pValues.count { $0 <= level * (1 + 1e-9) }) / Double(pValues.count)
  }

  /// The levels at which more p-values lie than chance allows in 1 of 1,000 trials.
  func exceeded(_ levels: [Double] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]) -> [Double] {
    levels.filter { level in
      let events = pValues.count { $0 <= level * (1 + 1e-9) }
      return BinomialBound.upperTail(events: events, trials: pValues.count, rate: level) < 0.001
    }
  }
}
