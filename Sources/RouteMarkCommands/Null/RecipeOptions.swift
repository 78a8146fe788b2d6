import ArgumentParser
import NullPools

/// The options that state the distribution of a pool's recipes.
struct RecipeOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Seed that recipes are drawn with (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long, help: ArgumentHelp("Images that an expert is trained on.", valueName: "n"))
  var images = 6400

  @Option(
    name: .long, help: ArgumentHelp("Learning rates, log-uniform between.", valueName: "low,high"))
  var lrRange = RateRange(lowest: 1.5e-4, highest: 6e-4)

  @Option(name: .long, help: ArgumentHelp("Batch sizes to draw from.", valueName: "n,n"))
  var batches = BatchSizes(sizes: [16, 32, 64])

  @Option(name: .long, help: ArgumentHelp("Share spread over all classes.", valueName: "number"))
  var labelSmoothing = 0.0

  @Option(name: .long, help: ArgumentHelp("Decoupled weight decay (AdamW).", valueName: "number"))
  var weightDecay = 0.01

  func validate() throws {
    // Readers of JSON may keep 53 bits of a number.
    guard seed ?? 0 < 1 << 53 else {
      throw ValidationError("--seed is \(seed ?? 0), expected less than \(UInt64(1) << 53).")
    }
  }

  /// The distribution.
  ///
  /// - Throws: `NullPoolError.invalidDistribution`.
  var distribution: RecipeDistribution {
    get throws {
      try RecipeDistribution(
        lowestRate: lrRange.lowest, highestRate: lrRange.highest, batches: batches.sizes,
        images: images, weightDecay: weightDecay, labelSmoothing: labelSmoothing)
    }
  }
}

/// `LOW,HIGH`: the bounds of the learning rate.
struct RateRange: ExpressibleByArgument, Sendable {
  let lowest: Double
  let highest: Double

  init(lowest: Double, highest: Double) {
    self.lowest = lowest
    self.highest = highest
  }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 2, let low = parts[0], let high = parts[1] else { return nil }
    self.init(lowest: low, highest: high)
  }

  var defaultValueDescription: String { "\(lowest),\(highest)" }
}

/// `N,N,N`: sizes of a batch.
struct BatchSizes: ExpressibleByArgument, Sendable {
  let sizes: [Int]

  init(sizes: [Int]) { self.sizes = sizes }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    let sizes = parts.compactMap { $0 }
    guard sizes.count == parts.count else { return nil }
    self.init(sizes: sizes)
  }

  var defaultValueDescription: String { sizes.map { "\($0)" }.joined(separator: ",") }
}
