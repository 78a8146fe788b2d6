import Tensors

/// The order in which samples are seen: a new permutation every epoch, from a seed.
///
/// The n-th sample of a run is a pure function of (seed, n), so a resumed run needs no generator
/// state: the number of samples seen so far is enough.
///
///     var order = ShuffledOrder(count: 3, seed: 7)
///     order.indices(from: 0, count: 6)  // a permutation of 0, 1, 2, then another
package struct ShuffledOrder: Sendable {
  private let count: Int
  private let seed: UInt64
  private var epoch = -1
  private var permutation: [Int] = []

  /// - Precondition: `count` is at least 1.
  package init(count: Int, seed: UInt64) {
    precondition(count > 0, "there is a sample to shuffle")
    self.count = count
    self.seed = seed
  }

  /// Samples number `position ..< position + count` of the run.
  package mutating func indices(from position: Int, count: Int) -> [Int] {
    (position..<(position + count)).map { self.index(at: $0) }
  }

  private mutating func index(at position: Int) -> Int {
    let wanted = position / count
    if wanted != epoch {
      epoch = wanted
      permutation = Self.permutation(of: count, seed: seed, epoch: epoch)
    }
    return permutation[position % count]
  }

  /// Fisher and Yates' shuffle of `0..<count`.
  private static func permutation(of count: Int, seed: UInt64, epoch: Int) -> [Int] {
    var generator = SeededGenerator(seed: seed, stream: UInt64(epoch))
    var permutation = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      permutation.swapAt(last, generator.index(below: last + 1))
    }
    return permutation
  }
}
