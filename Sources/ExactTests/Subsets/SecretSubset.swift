import Diagnostics
import Statistics

/// Whether a suspect knows the images of a secret subset better than the rest of the pool.
///
/// Equation: z = -(sum over used i of (l_i - mean of i's class)) /
/// sqrt(sum over classes c of n_c (N_c - n_c) / N_c s_c^2), s_c^2 with N_c - 1; with one class that is
/// (mean over unused - mean over used) / (s sqrt(1/n + 1/(N - n)))
/// p: the share of memberships of the same sizes, within classes where they were drawn so, whose
/// sum over used images is at most the observed one.
/// Source: Fisher's randomisation test; the owner's draw is what is randomised.
///
/// l_i is any number computed from the suspect, image i and public things that is smaller the
/// better the suspect knows the image: a loss, its logarithm, a loss less a public model's loss.
/// An innocent who trained on the whole pool, or on any part chosen without the secret, is safe.
public struct SecretSubset: Sendable, Hashable {
  /// What is summed.
  public enum Score: String, Codable, Sendable, Hashable, CaseIterable {
    /// The values themselves.
    case values
    /// Their ranks within their class, ties by the mean rank: no outlier matters.
    case ranks
  }

  /// One class: scores as whole numbers, in the pool's order, and which were used.
  struct Stratum: Sendable, Hashable {
    let scores: [Int]
    let used: [Bool]
    var usedCount: Int { used.count { $0 } }
    var usedSum: Int { zip(scores, used).reduce(0) { $1.1 ? $0 + $1.0 : $0 } }
  }

  /// N, the number of images in the pool.
  public let imageCount: Int
  /// n, the number of used ones.
  public let usedCount: Int
  /// Whether the subset was drawn within classes.
  public let isWithinClasses: Bool
  /// What is summed.
  public let score: Score
  /// z; 0 where the scores do not vary.
  public let z: Double
  let strata: [Stratum]

  /// Sums that differ by no more are ties, against the accuser.
  ///
  /// Values were put on a grid, each by less than a step; ranks are exact.
  var tieTolerance: Int { score == .ranks ? 0 : imageCount }

  /// Prepares a test.
  ///
  /// - Parameters:
  ///   - values: `[N]`, smaller where the suspect knows an image better.
  ///   - used: `[N]`, the secret.
  ///   - classes: `[N]` if the subset was drawn within classes, else `nil`.
  /// - Throws: ``ExactTestError``.
  public init(
    _ values: [Double], used: [Bool], classes: [Int]? = nil, score: Score = .values
  ) throws(ExactTestError) {
    guard used.count == values.count else {
      throw .countMismatch(name: "memberships", expected: values.count, actual: used.count)
    }
    if let classes, classes.count != values.count {
      throw .countMismatch(name: "classes", expected: values.count, actual: classes.count)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(name: "losses", index: index, value: "\(values[index])")
    }
    let groups = Dictionary(grouping: values.indices) { classes?[$0] ?? 0 }
      .sorted { $0.key < $1.key }.map(\.value)
    // A class that is used wholly, or not at all, cannot be permuted and says nothing.
    let mixed = groups.filter { group in
      let count = group.count { used[$0] }
      return count > 0 && count < group.count
    }
    guard !mixed.isEmpty else {
      throw .nothingToPermute(images: values.count, used: used.count { $0 })
    }
    imageCount = values.count
    usedCount = used.count { $0 }
    isWithinClasses = classes != nil
    self.score = score
    var (difference, variance) = (0.0, 0.0)
    for group in mixed {
      let scores =
        score == .ranks
        ? Self.wholeRanks(group.map { values[$0] }).map(Double.init) : group.map { values[$0] }
      let moments = Moments(scores)
      let (all, chosen) = (Double(group.count), Double(group.count { used[$0] }))
      for (index, value) in zip(group, scores) where used[index] {
        difference -= value - moments.mean
      }
      variance +=
        chosen * (all - chosen) / all * moments.standardDeviation * moments.standardDeviation
    }
    z = variance > 0 ? difference / variance.squareRoot() : 0
    guard z.isFinite else {
      throw .valueOutOfRange(
        name: "losses", range: "numbers whose squares add up", actual: "an overflow")
    }
    let pool = mixed.joined().map { values[$0] }
    strata = mixed.map { group in
      let own = group.map { values[$0] }
      return Stratum(
        scores: score == .ranks ? Self.wholeRanks(own) : Self.wholeNumbers(own, like: pool),
        used: group.map { used[$0] })
    }
  }

  /// The mean rank less 1 as whole numbers: doubled where ties make halves.
  private static func wholeRanks(_ values: [Double]) -> [Int] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var result = [Int](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { result[order[place]] = first + last }
      first = last + 1
    }
    // Without ties all are even, and half as large numbers are counted in half the time.
    return result.allSatisfy { $0.isMultiple(of: 2) } ? result.map { $0 / 2 } : result
  }

  /// Values on a grid so fine that sums neither round nor depend on their order.
  private static func wholeNumbers(_ values: [Double], like pool: [Double]) -> [Int] {
    guard let least = pool.min(), let most = pool.max(), most > least else {
      return values.map { _ in 0 }
    }
    let bits = 60 - (Int.bitWidth - pool.count.leadingZeroBitCount)
    // Halves first: the range of two large numbers of opposite signs may overflow.
    let range = most / 2 - least / 2
    guard range > 0 else { return values.map { $0 > least ? 1 : 0 } }
    let steps = Double(sign: .plus, exponent: min(bits, 44), significand: 1)
    return values.map { Int((($0 / 2 - least / 2) / range * steps).rounded()) }
  }
}

extension SecretSubset {
  /// Losses less those of a model that never saw the secret: what is left is not difficulty.
  ///
  /// - Throws: ``ExactTestError/countMismatch(name:expected:actual:)``.
  public static func losses(
    _ values: [Double], lessThoseOf reference: [Double]
  ) throws(ExactTestError) -> [Double] {
    guard values.count == reference.count else {
      throw .countMismatch(
        name: "reference losses", expected: values.count, actual: reference.count)
    }
    return zip(values, reference).map { $0 - $1 }
  }
}
