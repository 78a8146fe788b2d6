import ArgumentParser
import Examinations
import Probes

/// `routemark suite`: make and check probe suites.
struct SuiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suite",
    abstract: "Make or check a probe suite: the fixed images that fingerprints are taken on.",
    discussion: """
      EXAMPLE
        routemark suite create --task scene15=data/scene15/train.tar --count 200 -o suite.json
        routemark suite verify suite.json
      """,
    subcommands: [SuiteCreateCommand.self, SuiteVerifyCommand.self])
}

/// `routemark suite create`.
struct SuiteCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Choose images or texts from sources and pin them by digest.",
    discussion: """
      EXAMPLE
        routemark suite create --task scene15=data/scene15/train.tar \\
          --task cars=data/cars/train.tar --count 200 -o suite.json

      A source of images is a WebDataset tar archive or a folder with a folder for each class. A source of \
      texts, for language models, is a text file of paragraphs parted by blank lines, a .jsonl file whose \
      lines have a `text`, or a folder of .txt files; a suite is of one kind. \
      Without --seed the first rows are taken, with it a sample. Fingerprints can be compared when \
      their suites have the same digest; where the files lie does not matter.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("A task's name and its images or texts.", valueName: "name=path"))
  var task: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Items of each task.", valueName: "n"))
  var count = 200

  @Option(name: .long, help: ArgumentHelp("Draw a sample with this seed.", valueName: "n"))
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A preprocessor_config.json for all models, in place of each model's own.",
      valueName: "file"))
  var preprocessor: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The manifest to write.", valueName: "file"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if task.isEmpty { throw ValidationError("Name at least one task with --task NAME=PATH.") }
    if count < 1 { throw ValidationError("--count is \(count), expected 1 or more.") }
  }

  func run() throws {
    let summary = try SuiteCreationRequest(
      tasks: task, count: count, selection: seed.map { .sample(seed: $0) } ?? .first,
      preprocessor: preprocessor, output: outputs.place(output)
    ).run(common.examiner)
    try summary.print(common)
    let capture = summary.kind == .text ? "python -m routemark_capture" : "routemark capture"
    Console.current.note(
      "next: \(capture) --model DIR --suite \(ShellWord.quoted(output)) -o x.trace.safetensors")
  }
}

/// `routemark suite verify`.
struct SuiteVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Hash all items of a suite again; exits with 1 when any changed.",
    discussion: """
      EXAMPLE
        routemark suite verify suite.json
      """)

  @Argument(help: ArgumentHelp("The manifest.", valueName: "suite.json"))
  var suite: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    do {
      try SuiteCheckRequest(suite: suite).run(common.examiner).print(
        common, heading: "all items are the pinned ones")
    } catch let error as ProbeSuiteError {
      switch error {
      case .samplesChanged, .textChanged: break
      default: throw error
      }
      Console.current.talk(Program.message(for: error))
      throw ExitStatus.negative
    }
  }
}
