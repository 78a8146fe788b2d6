import Foundation
import Tensors

/// The distribution that the recipes of a pool's experts are drawn from.
///
/// A null expert stands for an innocent party who trained on the same task, and nobody knows that
/// party's recipe: so the learning rate is log-uniform over a range, the batch size uniform over a
/// list, and the seed is new for each expert. The number of images that are trained on is fixed, so
/// that a small batch means more steps.
public struct RecipeDistribution: Sendable, Hashable, Codable {
  /// The lowest learning rate.
  public let lowestRate: Double
  /// The highest learning rate.
  public let highestRate: Double
  /// The batch sizes, each as likely as the others.
  public let batches: [Int]
  /// Images that an expert is trained on, repeats counted: steps = images / batch, rounded down.
  public let images: Int
  /// Share of the steps in which the learning rate rises.
  public let warmupShare: Double
  /// Decoupled weight decay.
  public let weightDecay: Double
  /// Share of the target that is spread over all classes.
  public let labelSmoothing: Double

  enum CodingKeys: String, CodingKey {
    case batches, images
    case lowestRate = "lowest_rate"
    case highestRate = "highest_rate"
    case warmupShare = "warmup_share"
    case weightDecay = "weight_decay"
    case labelSmoothing = "label_smoothing"
  }

  /// A checked distribution; the defaults are those of `routemark null train`.
  ///
  /// - Throws: ``NullPoolError/invalidDistribution(name:expected:actual:)``.
  public init(
    lowestRate: Double = 1.5e-4, highestRate: Double = 6e-4, batches: [Int] = [16, 32, 64],
    images: Int = 6400, warmupShare: Double = 0.1, weightDecay: Double = 0.01,
    labelSmoothing: Double = 0
  ) throws(NullPoolError) {
    self.lowestRate = lowestRate
    self.highestRate = highestRate
    self.batches = batches
    self.images = images
    self.warmupShare = warmupShare
    self.weightDecay = weightDecay
    self.labelSmoothing = labelSmoothing
    try check()
  }

  /// Decodes and checks.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      lowestRate: container.decode(Double.self, forKey: .lowestRate),
      highestRate: container.decode(Double.self, forKey: .highestRate),
      batches: container.decode([Int].self, forKey: .batches),
      images: container.decode(Int.self, forKey: .images),
      warmupShare: container.decode(Double.self, forKey: .warmupShare),
      weightDecay: container.decode(Double.self, forKey: .weightDecay),
      labelSmoothing: container.decode(Double.self, forKey: .labelSmoothing))
  }

  private func check() throws(NullPoolError) {
    func require(
      _ holds: Bool, _ name: String, _ expected: String, _ actual: String
    ) throws(NullPoolError) {
      guard holds else {
        throw .invalidDistribution(name: name, expected: expected, actual: actual)
      }
    }
    try require(
      lowestRate > 0 && lowestRate <= highestRate && highestRate.isFinite, "learning rates",
      "two numbers above 0, the lower first", "\(lowestRate) to \(highestRate)")
    try require(
      !batches.isEmpty && batches.allSatisfy { (1...4096).contains($0) }, "batches",
      "a list of sizes from 1 to 4096", "\(batches)")
    try require(
      images >= batches.max() ?? 1 && images <= 1 << 32, "images",
      "at least one batch, at most \(1 << 32)", "\(images)")
    try require(
      (0...1).contains(warmupShare), "warm-up share", "a share from 0 to 1", "\(warmupShare)")
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "weight decay", "a finite number, at least 0",
      "\(weightDecay)")
    try require(
      (0..<1).contains(labelSmoothing), "label smoothing", "at least 0, below 1",
      "\(labelSmoothing)")
  }

  /// The recipe of expert `index` of task number `task` in the pool of a seed.
  ///
  /// A pure function: a pool that grows keeps the recipes it has.
  public func recipe(seed: UInt64, task: Int, index: Int) -> TrainingRecipe {
    var outer = SeededGenerator(seed: seed, stream: UInt64(task))
    var generator = SeededGenerator(seed: outer.next(), stream: UInt64(index))
    let (low, high) = (Foundation.log(lowestRate), Foundation.log(highestRate))
    let rate = Foundation.exp(low + (high - low) * generator.uniform())
    let batch = batches[generator.index(below: batches.count)]
    let steps = images / batch
    return TrainingRecipe(
      // Rounding at the bounds must not leave the range.
      learningRate: min(max(rate, lowestRate), highestRate), batch: batch, steps: steps,
      warmupSteps: Int((Double(steps) * warmupShare).rounded()), weightDecay: weightDecay,
      labelSmoothing: labelSmoothing,
      // 53 bits, which every reader of JSON keeps.
      seed: generator.next() >> 11)
  }
}

extension RecipeDistribution {
  /// The distribution in one sentence without a full stop.
  public var words: String {
    let sizes = batches.map { "\($0)" }.joined(separator: " or ")
    return "\(images) images each, learning rate log-uniform from \(lowestRate) to \(highestRate), "
      + "batch size \(sizes), warm-up share \(warmupShare), weight decay \(weightDecay), "
      + "label smoothing \(labelSmoothing), new seeds"
  }
}
