import ArgumentParser
import Examinations

/// `routemark null import`: experts that were trained elsewhere.
struct NullImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take experts that were trained elsewhere into a pool, with a stated recipe.",
    discussion: """
      EXAMPLE
        routemark null import --pool nulls --base zoo/base --task scene15 \\
          --recipe "3 epochs of scene15, AdamW, rate 1e-5, seeds 1 to 2" theirs/scene15-1 theirs/scene15-2

      The experts stay where they are and are known by their digests. The recipe goes into every case \
      that uses the pool: a p-value speaks of innocents who trained as the nulls did. Comparisons use as \
      many experts of every task as the task with the fewest has. Import only experts of which you \
      know that they were not made from the victim.
      """)

  @Option(name: .long, help: ArgumentHelp("The pool.", valueName: "dir"))
  var pool: String

  @Option(name: .long, help: ArgumentHelp("The pool's base model.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("The task of the experts.", valueName: "name"))
  var task: String

  @Option(name: .long, help: ArgumentHelp("How they were trained.", valueName: "text"))
  var recipe: String

  @Argument(help: ArgumentHelp("The experts' folders.", valueName: "dir"))
  var experts: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    try NullImportRequest(
      pool: pool, base: base, task: task, experts: experts, recipe: recipe
    ).run(common.examiner).print(common)
  }
}
