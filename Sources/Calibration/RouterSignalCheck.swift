import RoutingFingerprints
import Statistics

/// Whether a model's routing answers to probes at all.
///
/// A router that is constant, random, hashed or driven by something else than the input has a
/// fingerprint as any other, which says nothing about its experts.
public struct RouterSignalCheck: Codable, Sendable, Equatable {
  /// What was found.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// Tasks differ by more than samples of one task do.
    case present
    /// Every task is answered alike.
    case constant
    /// Tasks differ no more than samples of one task do.
    case indistinguishable
    /// The fingerprint has no blocks or too few, or one task only, so samples cannot be told from
    /// tasks.
    case notChecked = "not-checked"
  }

  /// Up to this p-value tasks are said to differ.
  public static let level = 0.01
  /// Ways to deal blocks to tasks below which a permutation test hardly reaches ``level``.
  private static let leastDeals = 1000.0

  /// What was found.
  public let outcome: Outcome
  /// The share of variation that lies between tasks, a mean over experts and layers.
  public let betweenShare: Double?
  /// How often blocks shuffled over tasks have as large a share.
  public let pValue: Double?

  /// Whether routing says nothing about experts.
  public var isMissing: Bool { outcome == .constant || outcome == .indistinguishable }

  /// Checks one model.
  ///
  /// Equation: share = mean over e, l of SS_between / SS_total of block means centred over experts;
  /// its p-value is that of a permutation test: blocks are shuffled over tasks, keeping how many
  /// each task has. This needs no assumption on how experts and layers depend on each other.
  ///
  /// - Parameters:
  ///   - count: Permutations.
  ///   - seed: Of the permutations.
  public init(_ fingerprint: ModelFingerprint, permutations count: Int, seed: UInt64) {
    guard !Self.isConstant(fingerprint) else {
      self.init(.constant)
      return
    }
    guard fingerprint.tasks.count > 1, let blocks = fingerprint.blocks,
      blocks.canBeResampled, Self.deals(blocks.counts.map(\.count)) >= Self.leastDeals
    else {
      self.init(.notChecked)
      return
    }
    let variation = BlockVariation(blocks)
    let share = variation.betweenShare(variation.order)
    var generator = SplitMix64(seed: seed)
    let atLeast = (0..<count).count { _ in
      let order = generator.permutation(of: variation.order.count)
      // Shuffles that only rename blocks within tasks give the same share up to rounding.
      return variation.betweenShare(order) >= share * (1 - 1e-12)
    }
    let pValue = Double(1 + atLeast) / Double(count + 1)
    self.init(
      pValue <= Self.level ? .present : .indistinguishable, betweenShare: share, pValue: pValue)
  }

  private init(_ outcome: Outcome, betweenShare: Double? = nil, pValue: Double? = nil) {
    self.outcome = outcome
    self.betweenShare = betweenShare
    self.pValue = pValue
  }

  /// The ways to deal blocks to tasks that have `sizes` blocks, tasks of a size being alike.
  private static func deals(_ sizes: [Int]) -> Double {
    var (result, dealt) = (1.0, 0)
    var alike: [Int: Int] = [:]
    for size in sizes {
      for place in 1...size { result *= Double(dealt + place) / Double(place) }
      dealt += size
      alike[size, default: 0] += 1
      result /= Double(alike[size, default: 1])
    }
    return result
  }

  /// Whether no score differs between tasks by more than rounding.
  private static func isConstant(_ fingerprint: ModelFingerprint) -> Bool {
    guard fingerprint.tasks.count > 1 else { return false }
    let largest = fingerprint.meanLogits.joined().joined().reduce(0) { max($0, abs($1)) }
    return fingerprint.routingScores.allSatisfy { scores in
      (0..<fingerprint.layerCount).allSatisfy { layer in
        let column = scores.values.map { $0[layer] }
        return (column.max() ?? 0) - (column.min() ?? 0) <= 1e-9 * largest
      }
    }
  }
}

/// The variation of block means between and within tasks.
private struct BlockVariation {
  private let weights: [Double]  // [blocks]
  private let values: [[Double]]  // [blocks, E * L], centred on the grand mean, unit total
  private let sizes: [Int]  // blocks of each task

  /// Blocks as they are recorded, task after task.
  var order: [Int] { Array(weights.indices) }

  init(_ blocks: TaskBlocks) {
    sizes = blocks.counts.map(\.count)
    let weights = blocks.counts.joined().map(Double.init)
    let total = weights.reduce(0, +)
    var values = blocks.meanLogits.joined().map(Self.centred)
    for column in (values.first ?? []).indices {
      let mean = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1[column] } / total
      let square = zip(weights, values).reduce(0) {
        $0 + $1.0 * ($1.1[column] - mean) * ($1.1[column] - mean)
      }
      let scale = square > 0 ? 1 / square.squareRoot() : 0
      for row in values.indices { values[row][column] = (values[row][column] - mean) * scale }
    }
    self.weights = weights
    self.values = values
  }

  /// A block's `[E, L]` means minus the mean over experts, flat.
  private static func centred(_ means: [[Float]]) -> [Double] {
    let table = means.map { $0.map(Double.init) }
    let layers = (table.first ?? []).indices
    let means = layers.map { layer in table.reduce(0) { $0 + $1[layer] } / Double(table.count) }
    return table.flatMap { row in layers.map { row[$0] - means[$0] } }
  }

  /// The mean share of variation between tasks when blocks are dealt to tasks in this order.
  func betweenShare(_ order: [Int]) -> Double {
    let width = values.first?.count ?? 0
    var (sum, start) = (0.0, 0)
    for size in sizes {
      let group = order[start..<start + size]
      start += size
      let weight = group.reduce(0) { $0 + weights[$1] }
      var totals = [Double](repeating: 0, count: width)
      for block in group {
        for column in 0..<width { totals[column] += weights[block] * values[block][column] }
      }
      sum += totals.reduce(0) { $0 + $1 * $1 } / weight
    }
    return width > 0 ? sum / Double(width) : 0
  }
}
