import Diagnostics
import Foundation

/// What a training came to.
public struct TrainingSummary: Encodable, Sendable {
  /// Losses of the first and last step and the mean of the last tenth of the steps.
  public struct Losses: Encodable, Sendable {
    /// The loss of the first step.
    public let first: Double
    /// The loss of the last step.
    public let last: Double
    /// The mean loss of the last tenth of the steps.
    public let meanOfLastTenth: Double

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

  /// The schema of the JSON.
  public let schema = "routemark.training-summary/1"
  /// Whether the model is a merge, and so can be captured.
  public let isMixture: Bool
  /// What was trained.
  public let operation: TrainingRecord.Operation
  /// Where it lies, as it was asked for.
  public let path: String
  /// SHA-256 by which others know it.
  public let digest: Digest
  /// Optimiser steps.
  public let steps: Int
  /// Steps that an earlier run had done.
  public let resumedFrom: Int
  /// Losses; `nil` when everything was done before.
  public let losses: Losses?
  /// How long the steps of this run took.
  public let seconds: Double
  /// Images this run trained on, by second; `nil` when there were none.
  public let imagesPerSecond: Double?

  enum CodingKeys: String, CodingKey {
    case schema, operation, path, digest, steps, losses, seconds
    case resumedFrom = "resumed_from"
    case imagesPerSecond = "images_per_second"
  }

  /// - Parameter outcome: `nil` when the output was complete before.
  init(_ run: TrainingRun, digest: Digest, outcome: TrainingOutcome?, isMixture: Bool) {
    self.isMixture = isMixture
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
}
