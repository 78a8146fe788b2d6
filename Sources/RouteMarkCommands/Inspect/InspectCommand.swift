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

      For checkpoints of unknown architecture it prints the table of tensors.
      """)

  @Argument(help: ArgumentHelp("A file or folder.", valueName: "path"))
  var path: String?

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
    try InspectionRequest(subject).run(common.examiner).print(common)
  }
}
