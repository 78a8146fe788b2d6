import ArgumentParser
import Examinations

/// `routemark heads`: make zero-shot heads.
struct HeadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heads",
    abstract: "Make the zero-shot heads that training and evaluation need.",
    discussion: """
      A head has one direction per class: the text features of the class name. Its classes stand in the \
      order of the labels, which for image folders is the order of the folders' names.
      """,
    subcommands: [HeadsMakeCommand.self, HeadsImportCommand.self])
}

/// `routemark heads make`.
struct HeadsMakeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make",
    abstract: "Make heads from a CLIP's text tower and class names.",
    discussion: """
      EXAMPLE
        routemark heads make --text-model clip --task pets=cat,dog \\
          --template "a photo of a {}." -o heads.safetensors

      The folder holds a CLIP or a CLIPTextModelWithProjection, and its tokenizer (vocab.json and \
      merges.txt, or tokenizer.json). Class names are a list, or a file: a JSON list, a JSON object \
      with a list per task, or one name per line. With several templates their directions are averaged.
      """)

  @Option(name: .long, help: ArgumentHelp("The text tower's folder.", valueName: "dir"))
  var textModel: String

  @Option(
    name: .long, help: ArgumentHelp("A task and its classes.", valueName: "name=classes"))
  var task: [NamedPath] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A prompt, {} stands for the class name.", valueName: "text"))
  var template: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("In place of the checkpoint's logit scale.", valueName: "number"))
  var logitScale: Double?

  @Option(name: .shortAndLong, help: ArgumentHelp("The heads to write.", valueName: "file"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if task.isEmpty { throw ValidationError("Name at least one task with --task NAME=CLASSES.") }
  }

  func run() throws {
    try HeadsMakingRequest(
      textModel: textModel, tasks: task.map { NamedClasses(task: $0.name, classes: $0.path) },
      templates: template.isEmpty ? ["a photo of a {}."] : template, logitScale: logitScale,
      output: outputs.place(output)
    ).run(common.examiner).print(common)
  }
}

/// `routemark heads import`.
struct HeadsImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make heads from text features that another program computed.",
    discussion: """
      EXAMPLE
        routemark heads import --task pets=features.safetensors --classes pets=cat,dog \\
          --logit-scale 100 -o heads.safetensors

      A file of features holds one tensor [classes, width], or one named after the task.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("A task and its text features.", valueName: "name=file"))
  var task: [NamedPath] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A task's class names, or a file of them.", valueName: "name=classes"))
  var classes: [NamedPath] = []

  @Option(
    name: .long,
    help: ArgumentHelp("What cosines are multiplied with.", valueName: "number"))
  var logitScale: Double

  @Option(name: .shortAndLong, help: ArgumentHelp("The heads to write.", valueName: "file"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if task.isEmpty { throw ValidationError("Name at least one task with --task NAME=FILE.") }
    guard task.map(\.name) == classes.map(\.name) else {
      throw ValidationError("Name the classes of each --task with --classes, in the same order.")
    }
  }

  func run() throws {
    try HeadsImportRequest(
      tasks: zip(task, classes).map {
        HeadsImportRequest.Task(name: $0.name, features: $0.path, classes: $1.path)
      }, logitScale: logitScale, output: outputs.place(output)
    ).run(common.examiner).print(common)
  }
}

extension HeadsSummary {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("zero-shot heads  \(path)")
    console.line("logit scale      \(logitScale)")
    for head in heads {
      console.line(
        "  \(head.task)  \(head.classes.count) classes of width \(head.width): "
          + head.classes.prefix(6).joined(separator: ", ") + (head.classes.count > 6 ? ", ..." : "")
      )
    }
  }
}
