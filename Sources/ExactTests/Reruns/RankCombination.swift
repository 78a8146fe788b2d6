import Diagnostics

/// The ranks of several experts, as one p-value for the merge.
///
/// Equation: p = P(prod over j of R_j <= prod over j of r_j), or the same of sums, with R_j
/// uniform on 1...K_j + 1 and independent.
/// Source: the distribution is finite and counted here; no approximation. Given the suspect, ranks
/// of different experts are independent when their re-runs share nothing random, whatever router
/// the suspect's experts share.
///
/// Floor: prod over j of 1 / (K_j + 1); five experts of 8 re-runs reach 1.7e-5. A tie makes a rank
/// larger than uniform, hence p larger too. The product is strong where some experts were reused,
/// the sum where all were; the choice is made before ranks are seen.
public struct RankCombination: Sendable, Hashable {
  /// How ranks become one number.
  public enum Statistic: String, Codable, Sendable, CaseIterable {
    /// Their product, as in Fisher's method.
    case product
    /// Their sum.
    case sum
  }

  /// The most products of ranks that are gone through at a time.
  public static let outcomeLimit = 1 << 23

  /// One for each expert; 1 for a victim above all re-runs.
  public let ranks: [Int]
  /// K + 1 of each expert.
  public let sizes: [Int]
  /// How ranks became one number.
  public let statistic: Statistic
  /// That number.
  public let value: Double
  /// The p-value.
  public let pValue: Double
  /// The smallest p-value that ranks of these sizes can have.
  public let floor: Double

  /// Combines ranks.
  ///
  /// - Parameter ranks: One for each expert.
  /// - Throws: ``ExactTestError/tooManyOutcomes(experts:limit:)`` where the products are too many;
  ///   that depends on the sizes alone, never on the ranks.
  public init(_ ranks: [RerunRank], by statistic: Statistic = .product) throws(ExactTestError) {
    try self.init(
      ranks: ranks.map(\.rank), sizes: ranks.map { $0.reruns.count + 1 }, by: statistic)
  }

  /// Combines ranks that are given as numbers.
  ///
  /// - Parameters:
  ///   - ranks: 1 for a victim above all re-runs.
  ///   - sizes: K + 1 of each expert.
  /// - Throws: ``ExactTestError``.
  public init(ranks: [Int], sizes: [Int], by statistic: Statistic) throws(ExactTestError) {
    guard !ranks.isEmpty else { throw .noReruns }
    guard ranks.count == sizes.count else {
      throw .countMismatch(name: "sizes", expected: ranks.count, actual: sizes.count)
    }
    for (rank, size) in zip(ranks, sizes) {
      guard size >= 2 else { throw .noReruns }
      guard (1...size).contains(rank) else {
        throw .valueOutOfRange(name: "rank", range: "1 to \(size)", actual: "\(rank)")
      }
    }
    floor = sizes.reduce(1) { $0 / Double($1) }
    // Counting takes time and memory of the sizes, so numbers alone must not make them large.
    guard floor > 1e-300, sizes.allSatisfy({ $0 <= Self.outcomeLimit }) else {
      throw .tooManyOutcomes(experts: sizes.count, limit: Self.outcomeLimit)
    }
    self.ranks = ranks
    self.sizes = sizes
    self.statistic = statistic
    switch statistic {
    case .sum:
      value = Double(ranks.reduce(0, +))
      pValue = min(Self.chance(ofSumUpTo: ranks.reduce(0, +), sizes), 1)
    case .product:
      value = ranks.reduce(1.0) { $0 * Double($1) }
      pValue = min(try Self.chance(ofProductUpTo: ranks, sizes), 1)
    }
  }

  /// The result.
  ///
  /// - Throws: ``ExactTestError`` never for ranks that were combined.
  public func result() throws(ExactTestError) -> ExactTestResult {
    try ExactTestResult(
      test: .combinedReruns, assumption: .independentFreshSeeds, statistic: value,
      pValue: pValue, floor: floor)
  }

  private static func chance(ofSumUpTo limit: Int, _ sizes: [Int]) -> Double {
    // chances[s]: the chance that ranks less 1 add up to s, from running sums of those before.
    var chances = [1.0]
    for size in sizes {
      var running = [0.0]
      for chance in chances { running.append((running.last ?? 0) + chance) }
      chances = (0..<chances.count + size - 1).map { sum in
        (running[min(sum + 1, chances.count)] - running[max(sum + 1 - size, 0)]) / Double(size)
      }
    }
    return chances.prefix(limit - sizes.count + 1).reduce(0, +)
  }

  private static func chance(
    ofProductUpTo ranks: [Int], _ sizes: [Int]
  ) throws(ExactTestError) -> Double {
    // Two halves: products of all experts would be too many to list, pairs of halves are counted.
    var halves: [[Int]] = [[], []]
    var weights = [0.0, 0.0]
    for size in sizes.sorted(by: >) {
      let lighter = weights[0] <= weights[1] ? 0 : 1
      halves[lighter].append(size)
      weights[lighter] += Double(size)
    }
    let most = sizes.reduce((product: UInt128(1), overflows: false)) { partial, size in
      let (product, overflow) = partial.product.multipliedReportingOverflow(by: UInt128(size))
      return (product, partial.overflows || overflow)
    }
    guard !most.overflows else {
      throw .tooManyOutcomes(experts: sizes.count, limit: outcomeLimit)
    }
    let limit = ranks.reduce(UInt128(1)) { $0 * UInt128($1) }
    let first = try products(halves[0], of: sizes.count)
    let second = try products(halves[1], of: sizes.count)
    var cumulative: [Double] = [0]
    for entry in second { cumulative.append((cumulative.last ?? 0) + entry.chance) }
    var (count, total) = (second.count, 0.0)
    for entry in first {
      while count > 0, second[count - 1].product > limit / entry.product { count -= 1 }
      total += entry.chance * cumulative[count]
    }
    return total
  }

  /// The distinct products of ranks with their chances, ascending.
  private static func products(
    _ sizes: [Int], of experts: Int
  ) throws(ExactTestError) -> [(product: UInt128, chance: Double)] {
    var chances: [(product: UInt128, chance: Double)] = [(1, 1)]
    for size in sizes {
      guard chances.count <= outcomeLimit / size else {
        throw .tooManyOutcomes(experts: experts, limit: outcomeLimit)
      }
      var next: [UInt128: Double] = [:]
      for (product, chance) in chances {
        for rank in 1...size {
          next[product * UInt128(rank), default: 0] += chance / Double(size)
        }
      }
      // Sorted each time, so that sums of chances have the same last bit in every process.
      chances = next.map { (product: $0.key, chance: $0.value) }
        .sorted { $0.product < $1.product }
    }
    return chances
  }
}

extension RankCombination: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case ranks, sizes, statistic
  }

  /// Reads ranks and combines them again.
  ///
  /// - Throws: ``ExactTestError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(beside: CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      ranks: try container.decode([Int].self, forKey: .ranks),
      sizes: try container.decode([Int].self, forKey: .sizes),
      by: try container.decode(Statistic.self, forKey: .statistic))
  }

  /// Writes ranks, sizes and how they are combined.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(ranks, forKey: .ranks)
    try container.encode(sizes, forKey: .sizes)
    try container.encode(statistic, forKey: .statistic)
  }
}
