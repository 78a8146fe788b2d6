import Diagnostics
import Foundation

/// What `routemark evaluate` prints.
struct EvaluationReport: Encodable {
  /// One task's count.
  struct Task: Encodable {
    let name: String
    let samples: Int
    let correct: Int
    /// The share of right classes, 0 to 1.
    let accuracy: Double

    init(name: String, samples: Int, correct: Int) {
      self.name = name
      self.samples = samples
      self.correct = correct
      accuracy = Double(correct) / Double(samples)
    }
  }

  let schema = "routemark.evaluation/1"
  let model: String
  let digest: Digest
  let tasks: [Task]
  /// The mean of the tasks' accuracies, each task counting the same.
  let meanAccuracy: Double

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

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("zero-shot accuracy of \(model)")
    let width = max(4, tasks.map(\.name.count).max() ?? 0)
    func line(_ name: String, _ accuracy: Double, _ rest: String) {
      let padded = name.padding(toLength: width, withPad: " ", startingAt: 0)
      console.line("  \(padded)  \(String(format: "%6.2f %%", 100 * accuracy))\(rest)")
    }
    for task in tasks { line(task.name, task.accuracy, "  \(task.correct) of \(task.samples)") }
    if tasks.count > 1 { line("mean", meanAccuracy, "") }
  }
}
