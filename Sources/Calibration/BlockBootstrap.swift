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

extension ResponseGram {
  /// How much the residual similarity depends on which probe images were drawn, all nulls
  /// projected out.
  ///
  /// Blocks are drawn with replacement, the same for all pairs that have equally many.
  ///
  /// - Returns: `nil` unless there are at least two blocks.
  package func residualInterval(
    weighting: LayerWeighting, options: BootstrapOptions
  ) -> BootstrapInterval? {
    guard let count = blocks?.count, count > 1 else { return nil }
    var generator = SplitMix64(seed: options.seed)
    func score(_ gram: ResponseGram) -> Double {
      ResidualSimilarity(gram, weighting: weighting).score(of: 1, without: Array(2..<side))
    }
    let scores = (0..<options.replicateCount).compactMap { _ in
      resampled((0..<count).map { _ in generator.index(below: count) }).map(score)
    }
    return BootstrapInterval(of: score(self), scores, level: options.level, within: -1...1)
  }
}

extension CalibratedEvidence {
  /// The interval of each decision's residual, from the inner products it was computed from.
  ///
  /// - Returns: One entry per suspect expert; `nil` where nothing was compared, or not in blocks.
  public func residualIntervals(
    _ responseGrams: [ResponseGram], weighting: LayerWeighting,
    options: BootstrapOptions = .standard
  ) -> [BootstrapInterval?] {
    decisions.map { decision in
      responseGrams.first {
        $0.victimExpert == decision.victimExpert && $0.suspectExpert == decision.suspectExpert
      }?.residualInterval(weighting: weighting, options: options)
    }
  }

  /// Inner products without the blocks of pairs that no decision rests on: blocks are for intervals.
  public func keepingBlocks(ofTestedPairsIn responseGrams: [ResponseGram]) -> [ResponseGram] {
    let tested = Set(decisions.map { [$0.victimExpert, $0.suspectExpert] })
    return responseGrams.map {
      tested.contains([$0.victimExpert, $0.suspectExpert]) ? $0 : $0.withoutBlocks()
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
