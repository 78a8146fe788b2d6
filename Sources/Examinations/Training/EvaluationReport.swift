import Diagnostics
import Foundation

/// Zero-shot accuracies of a model.
public struct EvaluationReport: Encodable, Sendable {
  /// One task's count.
  public struct Task: Encodable, Sendable {
    /// The name.
    public let name: String
    /// Images that were classified.
    public let samples: Int
    /// Images that were classified right.
    public let correct: Int
    /// The share of right classes, 0 to 1.
    public let accuracy: Double

    init(name: String, samples: Int, correct: Int) {
      self.name = name
      self.samples = samples
      self.correct = correct
      accuracy = Double(correct) / Double(samples)
    }
  }

  /// The schema of the JSON.
  public let schema = "routemark.evaluation/1"
  /// The model's folder.
  public let model: String
  /// SHA-256 by which others know it.
  public let digest: Digest
  /// The tasks in order.
  public let tasks: [Task]
  /// The mean of the tasks' accuracies, each task counting the same.
  public let meanAccuracy: Double

  enum CodingKeys: String, CodingKey {
    case schema, model, digest, tasks
    case meanAccuracy = "mean_accuracy"
  }

  init(model: String, digest: Digest, tasks: [Task]) {
    self.model = model
    self.digest = digest
    self.tasks = tasks
    meanAccuracy = tasks.reduce(0) { $0 + $1.accuracy } / Double(tasks.count)
  }
}
