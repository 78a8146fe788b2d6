import ArgumentParser
import Examinations

/// `routemark rerun import`.
struct RerunImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Take re-runs that were trained elsewhere, with the recipe in words.",
    discussion: """
      EXAMPLE
        routemark rerun import --like my-scene15 --base zoo/base --task scene15 \\
          --recipe "best of 3 seeds, 10 epochs, AdamW 1e-5, seeds from the system" -o reruns run-1 run-2 run-3

      The models stay where they are; the set knows them by path and digest. Whoever imports them states \
      that each repeats the victim's whole recipe, selection included, with seeds of its own: the p-value \
      rests on it.
      """)

  @Option(
    name: .long, help: ArgumentHelp("The expert whose recipe was repeated.", valueName: "dir"))
  var like: String

  @Option(
    name: .long, help: ArgumentHelp("The tower that all were trained from.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("The task.", valueName: "name"))
  var task: String

  @Option(name: .long, help: ArgumentHelp("How all were trained.", valueName: "text"))
  var recipe: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the re-runs.", valueName: "dir"))
  var output: String

  @Argument(help: ArgumentHelp("The re-runs' folders.", valueName: "dir"))
  var runs: [String]

  @OptionGroup var common: CommonOptions

  func run() throws {
    try RerunImportRequest(
      expert: like, base: base, task: task, runs: runs, recipe: recipe, output: output
    ).run(common.examiner).print(common)
  }
}
