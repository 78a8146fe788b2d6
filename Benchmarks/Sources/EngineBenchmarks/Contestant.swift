import Measuring
import Tensors

/// A line that is no request.
struct UnknownRequest: Error {
  let line: String
}

/// Answers requests; models are made when first asked for and stay.
struct Contestant {
  private let towers: MeasuredTowers
  private let captures: MeasuredCaptures
  private let ensembles = MeasuredEnsembles()
  private var trainers = MeasuredTrainers()

  init(model: String, pixels: String, suite: String) throws {
    towers = try MeasuredTowers(model: model, pixels: pixels)
    captures = MeasuredCaptures(model: model, suite: suite)
  }

  mutating func answer(_ words: [String]) throws -> String {
    switch (words.first, words.count) {
    case ("peak", 1): "\(measuredPeakOfAllThreads())"
    case ("forward", 4):
      "\(try towers.forward(words[1], precision(words[2]), batch: number(words[3])))"
    case ("logits", 4):
      try towers.writeLogits(precision(words[1]), batch: number(words[2]), to: words[3])
    case ("mlp", 4):
      "\(ensembles.run(words[1], try precision(words[2]), samples: try number(words[3])))"
    case ("products", 1):
      "\(Double(32 * ensembles.operations) / ensembles.run("products", .f32, samples: 32) * 1e-9)"
    case ("capture", 2): try captures.secondsAndSecondsInModel(precision(words[1]))
    case ("similarity", 1): "\(try captures.largestChangeOfSimilarity())"
    case ("attribute", 2): "\(attributionSeconds(registered: try number(words[1])))"
    case ("train", 3): try trainers.secondsOfSteps(words[1], count: number(words[2]))
    default: throw UnknownRequest(line: words.joined(separator: " "))
    }
  }

  private func number(_ word: String) throws -> Int {
    guard let number = Int(word) else { throw UnknownRequest(line: word) }
    return number
  }

  private func precision(_ word: String) throws -> Precision {
    guard let precision = Precision(rawValue: word) else { throw UnknownRequest(line: word) }
    return precision
  }
}

/// GFLOP/s of all threads at once: where the clock depends on the load, two are not twice one.
func measuredPeakOfAllThreads() -> Double {
  let pool = WorkerPool()
  let peaks = FloatStorage(count: pool.threads)
  pool.split(pool.threads) { worker, _ in
    peaks.pointer[worker] = Float(Kernels().measuredPeak())
  }
  return peaks.elements.reduce(0) { $0 + Double($1) }
}
