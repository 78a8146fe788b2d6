import RoutingFingerprints
import Statistics

/// How intervals over probe images are formed.
public struct BootstrapOptions: Codable, Sendable, Hashable {
  /// How often blocks are drawn.
  public let replicateCount: Int
  /// The share of replicates inside an interval.
  public let level: Double
  /// The seed of the draws.
  public let seed: UInt64

  /// 400 replicates, 95 %, seed 1.
  public static let standard = BootstrapOptions(unchecked: 400, level: 0.95, seed: 1)

  private init(unchecked replicateCount: Int, level: Double, seed: UInt64) {
    self.replicateCount = replicateCount
    self.level = level
    self.seed = seed
  }

  /// Options by name.
  ///
  /// - Throws: ``CalibrationError/optionOutOfRange(name:range:actual:)``.
  public init(replicateCount: Int, level: Double, seed: UInt64) throws(CalibrationError) {
    guard (100...10_000).contains(replicateCount) else {
      throw .optionOutOfRange(
        name: "replicateCount", range: "100 to 10000 replicates", actual: "\(replicateCount)")
    }
    guard level >= 0.5, level < 1 else {
      throw .optionOutOfRange(
        name: "level", range: "a level from 0.5 to below 1", actual: "\(level)")
    }
    guard seed < 1 << 53 else {
      throw .optionOutOfRange(
        name: "seed", range: "a seed below 2^53, which JSON keeps exactly", actual: "\(seed)")
    }
    self.init(unchecked: replicateCount, level: level, seed: seed)
  }

  private enum CodingKeys: String, CodingKey {
    case replicateCount, level, seed
  }

  /// Reads and checks options.
  ///
  /// - Throws: ``CalibrationError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      replicateCount: try container.decode(Int.self, forKey: .replicateCount),
      level: try container.decode(Double.self, forKey: .level),
      seed: try container.decode(UInt64.self, forKey: .seed))
  }
}

/// Draws blocks of probe images with replacement, the same for both models of a case.
///
/// Images are drawn within their task, in blocks of the suite: victim and suspect saw the same
/// images, so that what an image does to both is not taken for noise.
package struct BlockBootstrap: Sendable {
  /// The draws of each replicate, `[R, N, blocks]`.
  package let draws: [[[Int]]]

  /// Draws for two fingerprints with tasks in the same order.
  ///
  /// - Returns: `nil` unless both have the same blocks, at least two a task.
  package init?(
    victim: ModelFingerprint, suspect: ModelFingerprint, options: BootstrapOptions
  ) {
    guard let blocks = victim.blocks, blocks.canBeResampled, suspect.blocks?.counts == blocks.counts
    else { return nil }
    var generator = SplitMix64(seed: options.seed)
    draws = (0..<options.replicateCount).map { _ in
      blocks.counts.map { task in task.map { _ in generator.index(below: task.count) } }
    }
  }
}

extension CalibrationInput {
  /// Residual scores of given pairs from other fingerprints of the same two models, all nulls
  /// projected out.
  ///
  /// - Throws: ``CalibrationError``.
  package func routingScores(
    victim: ModelFingerprint, suspect: ModelFingerprint, pairs: [(victim: Int, suspect: Int)]
  ) throws(CalibrationError) -> [Double] {
    let grams = try RoutingGrams(
      victim: victim, suspect: suspect, nulls: try aligned(to: victim), options: options.routing)
    var result: [Double] = []
    for pair in pairs {
      let gram = try grams.gram(pair.victim, pair.suspect)
      result.append(
        ResidualSimilarity(gram, weighting: .uniform)
          .score(of: 1, without: Array(2..<gram.side)))
    }
    return result
  }
}
