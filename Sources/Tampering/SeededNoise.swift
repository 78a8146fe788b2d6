import Tensors

extension SeededGenerator {
  /// The numbers that belong to one label: they do not depend on what else is drawn, or when.
  init(seed: UInt64, for label: String) {
    // FNV-1a, 64 bits (Fowler, Noll and Vo): a stable hash, which Swift's own is not.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var mixer = SeededGenerator(seed: seed)
    self.init(seed: mixer.next() ^ hash)
  }

  /// An order of 0..<count, every one as likely (Fisher and Yates).
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }
}

/// Gaussian noise in proportion to how large a tensor's numbers are.
enum SeededNoise {
  /// Adds N(0, (sigma * rms)^2) to every number, where rms is the root of the mean square.
  ///
  /// Numerics: the mean square in Double; a tensor of zeros stays as it is.
  static func add(_ sigma: Double, to values: [Float], _ generator: inout SeededGenerator)
    -> [Float]
  {
    guard !values.isEmpty, sigma > 0 else { return values }
    let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let deviation = sigma * (square / Double(values.count)).squareRoot()
    guard deviation > 0 else { return values }
    return values.map { Float(Double($0) + deviation * generator.normal()) }
  }
}
