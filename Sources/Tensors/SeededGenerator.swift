/// A small random number generator with a seed: the same numbers on every machine, for ever.
///
/// SplitMix64 (Steele, Lea and Flood, 2014). It is for sampling and initialisation, not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// The whole state; storing it and setting it again resumes the sequence.
  public var state: UInt64

  /// Starts the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// Starts the sequence of one use of a seed: different streams of a seed are unrelated.
  public init(seed: UInt64, stream: UInt64) {
    var outer = SeededGenerator(seed: seed)
    var inner = SeededGenerator(seed: outer.next() ^ stream)
    state = inner.next()
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number in 0..<1 with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number below `bound`, without bias: draws that would favour low numbers are drawn again.
  ///
  /// The standard library's own `Int.random(in:using:)` may change between versions; this may not.
  ///
  /// - Precondition: `bound` is positive.
  public mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "a bound is positive")
    let width = UInt64(bound)
    let limit = UInt64.max - UInt64.max % width
    while true {
      let draw = next()
      if draw < limit { return Int(draw % width) }
    }
  }
}
