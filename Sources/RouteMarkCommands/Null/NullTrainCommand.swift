import ArgumentParser
import Examinations

/// `routemark null train`: independent experts of every task.
struct NullTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train independent experts of every task, with recipes drawn from a distribution.",
    discussion: """
      EXAMPLE
        routemark null train --base zoo/base --data scene15=data/scene15/train.tar \\
          --data cars=data/cars/train.tar --head zoo/heads.safetensors --count 8 -o nulls

      Seeds, orders of images, learning rates and batch sizes differ; the number of images trained on \
      does not: give --images as many as the victim was trained on, since p-values hold for innocents \
      who trained as the nulls did. The distribution and each expert's recipe are in nulls/pool.json. Run the same command \
      again after it was stopped, or with a larger --count: finished experts stay.
      """)

  @Option(
    name: .long, help: ArgumentHelp("The tower that all experts start from.", valueName: "dir"))
  var base: String

  @Option(
    name: .long, help: ArgumentHelp("A task's name and labelled images.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(name: .long, help: ArgumentHelp("Experts of each task.", valueName: "n"))
  var count = 8

  @OptionGroup var recipes: RecipeOptions

  @Option(
    name: .long, help: ArgumentHelp("Steps between saved states.", valueName: "n"))
  var checkpointEvery = 100

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @Option(name: .shortAndLong, help: ArgumentHelp("The pool's folder.", valueName: "dir"))
  var output: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name at least one task with --data NAME=PATH.") }
    for task in data where task.name.contains("/") || task.name.hasPrefix(".") {
      throw ValidationError("The task `\(task.name)` cannot name a folder.")
    }
    if checkpointEvery < 1 {
      throw ValidationError("--checkpoint-every is \(checkpointEvery), expected 1 or more.")
    }
    for (name, value) in [("--count", count), ("--threads", threads ?? 1)]
    where !(1...1024).contains(value) {
      throw ValidationError("\(name) is \(value), expected 1 to 1024.")
    }
  }

  func run() throws {
    var request = NullTrainingRequest(
      base: base, data: data, head: head, count: count, distribution: try recipes.distribution,
      seed: recipes.seed, pool: output)
    request.checkpointEvery = checkpointEvery
    request.threads = threads
    try request.run(common.examiner).print(common)
    Console.current.note(
      "next: routemark null merge --pool \(ShellWord.quoted(output)) --base \(ShellWord.quoted(base)) --suite suite.json "
        + data.map { "--data \($0.name)=\($0.path) " }.joined() + "--head \(head)")
  }
}
