import Diagnostics
import Foundation

/// What a training command prints at its end.
struct TrainingSummary: Encodable {
  /// Losses of the first and last step and the mean of the last tenth of the steps.
  struct Losses: Encodable {
    let first: Double
    let last: Double
    let meanOfLastTenth: Double

    enum CodingKeys: String, CodingKey {
      case first, last
      case meanOfLastTenth = "mean_of_last_tenth"
    }

    init?(_ losses: [Double]) {
      guard let first = losses.first, let last = losses.last else { return nil }
      self.first = first
      self.last = last
      let tail = losses.suffix(max(1, losses.count / 10))
      meanOfLastTenth = tail.reduce(0, +) / Double(tail.count)
    }
  }

  let schema = "routemark.training-summary/1"
  let operation: TrainingRecord.Operation
  let path: String
  let digest: Digest
  let steps: Int
  let resumedFrom: Int
  let losses: Losses?
  let seconds: Double
  let imagesPerSecond: Double?

  enum CodingKeys: String, CodingKey {
    case schema, operation, path, digest, steps, losses, seconds
    case resumedFrom = "resumed_from"
    case imagesPerSecond = "images_per_second"
  }

  /// - Parameter outcome: `nil` when the output was complete before.
  init(_ run: TrainingRun, digest: Digest, outcome: TrainingOutcome?) {
    operation = run.record.operation
    path = run.output
    self.digest = digest
    steps = run.record.steps
    resumedFrom = outcome?.resumedFrom ?? steps
    losses = outcome.flatMap { Losses($0.losses) }
    let duration = outcome?.duration ?? .zero
    seconds = duration / .seconds(1)
    imagesPerSecond =
      seconds > 0 ? outcome.map { Double($0.samples) / (duration / .seconds(1)) } : nil
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(operation == .finetune ? "fine-tuned" : "adapted")  \(path)")
    console.line("digest     \(digest)")
    guard let losses else {
      console.line("steps      \(steps), all done before")
      return
    }
    let before = resumedFrom > 0 ? ", \(resumedFrom) of them before" : ""
    console.line("steps      \(steps)\(before)")
    console.line(
      String(
        format: "loss       first %.4f, last %.4f, mean of the last tenth %.4f", losses.first,
        losses.last, losses.meanOfLastTenth))
    if let imagesPerSecond {
      console.line(
        String(format: "time       %.1f s, %.1f images/s", seconds, imagesPerSecond))
    }
  }
}
