import ArgumentParser
import EmbeddedWorld
import Foundation

/// `routemark world`: procedural tasks and an untrained tower.
struct WorldCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "world",
    abstract: "Make a small world of procedural image tasks, to try everything without a download.",
    discussion: """
      EXAMPLE
        routemark world -o world
        routemark finetune --model world/zoo/initial --head world/zoo/heads.safetensors \\
          --data pretraining=world/data/pretraining/train.tar --steps 200 --lr 2e-3 -o base

      Writes WebDataset archives of eight tasks (data/TASK/train.tar and test.tar) and of all of them \
      (pretraining), zero-shot heads, and a CLIP tower with random weights. Equal seeds give equal \
      files.
      """)

  @Option(name: .long, help: ArgumentHelp("Seed of images and weights.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(name: .long, help: ArgumentHelp("Training images of each task.", valueName: "n"))
  var train = 240

  @Option(name: .long, help: ArgumentHelp("Test images of each task.", valueName: "n"))
  var test = 120

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    for (name, count) in [("--train", train), ("--test", test)]
    where !(1...100_000).contains(count) {
      throw ValidationError("\(name) is \(count), expected 1 to 100000.")
    }
    guard seed <= UInt64(Int64.max) else {
      throw ValidationError("--seed is \(seed), expected at most \(Int64.max).")
    }
  }

  /// What was made.
  private struct Summary: Encodable {
    struct Task: Encodable {
      let name: String
      let classes: Int
    }

    let schema = "routemark.world/1"
    let path: String
    let world: EmbeddedWorld
    let tasks = ProceduralTask.allCases.map { Task(name: $0.rawValue, classes: $0.classCount) }
  }

  func run() throws {
    let world = EmbeddedWorld(seed: seed, trainCount: train, testCount: test)
    let progress = ProgressBar("drawing images", quiet: common.quiet)
    defer { progress.finish() }
    try world.write(to: output, progress: progress.handler)
    progress.finish()
    let summary = Summary(path: output, world: world)
    if common.json { return try JSONOutput.print(summary) }
    let console = Console.current
    console.line("world        \(output)")
    console.line("images       \(train) to train and \(test) to test on, for each task")
    for task in summary.tasks { console.line("  \(task.name)  \(task.classes) classes") }
  }
}
