import ArgumentParser
import Examinations

/// `routemark evaluate`: zero-shot accuracy.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Count how many labelled images a model classifies right, task by task.",
    discussion: """
      EXAMPLE
        routemark evaluate --model victim --data scene15=data/scene15/test.tar \\
          --data cars=data/cars/test.tar --head zoo/heads.safetensors

      For plain towers, static merges and mixtures of experts. An image counts as its class whose \
      head row has the largest cosine with the image's features.
      """)

  @Option(name: .long, help: ArgumentHelp("The model.", valueName: "dir"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("A task's name and labelled images.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("The first N images of each task.", valueName: "n"))
  var count: Int?

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
    if let count, count < 1 { throw ValidationError("--count is \(count), expected 1 or more.") }
  }

  func run() throws {
    try EvaluationRequest(
      model: model, data: data, head: head, count: count, compute: compute.settings
    ).run(common.examiner).print(common)
  }
}
