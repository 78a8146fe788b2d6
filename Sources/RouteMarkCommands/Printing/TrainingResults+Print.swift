import Examinations
import Foundation

/// What training commands print at their end.

extension TrainingSummary {
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

extension EvaluationReport {
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

extension FinetunePreview {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("finetune  \(model)")
    console.line("input        \(inputDigest)")
    if let teacher { console.line("teacher      \(teacher)") }
    console.line("tasks        \(tasks.joined(separator: ", ")), \(steps) steps")
    console.line(
      "tensors      would train \(trainedTensors.count) of \(tensorCount), "
        + "\(trainedNumberCount) of \(numberCount) numbers")
    for name in trainedTensors { console.line("  \(name)") }
    console.line("nothing was written")
  }
}
