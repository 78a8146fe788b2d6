import ArgumentParser
import Examinations

/// `routemark inspect`: say what a file or folder is.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say what a checkpoint, merge, trace, fingerprint, suite or case is.",
    discussion: """
      EXAMPLE
        routemark inspect victim
        routemark inspect mixture --base SmolLM2-135M --source german=experts/german

      Of a decoder it says which experts are equal, how the router was made and from which tokens, and \
      whether files beside the weights tell the truth. For checkpoints of unknown architecture it prints the table of tensors.
      """)

  @Argument(help: ArgumentHelp("A file or folder.", valueName: "path"))
  var path: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a decoder: the dense model its experts were made from.", valueName: "path"))
  var base: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Of a decoder: a model that may be an expert, by name.", valueName: "name=path"))
  var source: [NamedPath] = []

  @Flag(name: .long, help: "Say what this machine computes with.")
  var machine = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (path != nil) != machine else {
      throw ValidationError("Name a file or folder, or pass --machine.")
    }
  }

  func run() throws {
    let subject: InspectionRequest.Subject = path.map { .path($0) } ?? .machine
    try InspectionRequest(subject, base: base, sources: source).run(common.examiner).print(common)
  }
}
