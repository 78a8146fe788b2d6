import Tensors

/// Which experts respond together, and which pairs of responses are multiplied.
struct ResponseSet: Sendable {
  /// Pairs of places with the first not below the second, each once, in order.
  let pairs: [(Int, Int)]
  private let places: [PairKey: Int]

  private struct PairKey: Hashable {
    let first: Int
    let second: Int

    init(_ a: Int, _ b: Int) {
      first = max(a, b)
      second = min(a, b)
    }
  }

  /// The pairs within each of these groups.
  init(groups: [[Int]]) {
    var keys: Set<PairKey> = []
    for group in groups {
      for a in group { for b in group { keys.insert(PairKey(a, b)) } }
    }
    pairs = keys.map { ($0.first, $0.second) }.sorted { $0 < $1 }
    places = Dictionary(
      uniqueKeysWithValues: pairs.enumerated().map { (PairKey($1.0, $1.1), $0) })
  }

  /// The Gram matrix of a group, row by row, from the sums of all pairs.
  func gram(of group: [Int], _ sums: [Double]) -> [Double] {
    group.flatMap { a in group.map { b in places[PairKey(a, b)].map { sums[$0] } ?? 0 } }
  }
}

/// Inner products of one sample's responses, in Double.
///
/// Numerics: a product of two Floats is exact in Double; the D products of a token are added in eight
/// lanes and then over tokens in order. A sample's sums do not depend on other samples.
struct InnerProducts {
  private static let lanes = 8

  private let width: Int
  private let padded: Int
  private let members: Int
  /// One token's responses, `[members, padded D]`.
  private let token: UnsafeMutableBufferPointer<SIMD8<Double>>

  init(members: Int, width: Int) {
    self.members = members
    self.width = width
    padded = (width + Self.lanes - 1) / Self.lanes
    token = .allocate(capacity: max(1, members * padded))
    token.initialize(repeating: .zero)
  }

  func deallocate() { token.deallocate() }

  /// Adds a sample's inner products to `sums`.
  ///
  /// - Parameters:
  ///   - responses: the sample's first token of the first member, `[T, D]`.
  ///   - stride: numbers between two members.
  func add(
    _ responses: UnsafePointer<Float>, tokens: Int, stride: Int, pairs: [(Int, Int)],
    into sums: inout [Double]
  ) {
    for index in 0..<tokens {
      for member in 0..<members {
        let row = responses + member * stride + index * width
        for column in 0..<width {
          token[member * padded + column / Self.lanes][column % Self.lanes] = Double(row[column])
        }
      }
      for (place, (a, b)) in pairs.enumerated() {
        var sum = SIMD8<Double>.zero
        for block in 0..<padded { sum += token[a * padded + block] * token[b * padded + block] }
        sums[place] += sum.sum()
      }
    }
  }
}
