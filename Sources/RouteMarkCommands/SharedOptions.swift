import ArgumentParser
import Examinations

/// Options that every command has.
struct CommonOptions: ParsableArguments {
  @Flag(name: .long, help: "Write one JSON object to stdout instead of text.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress on stderr.")
  var quiet = false
}

/// Options of commands that write files.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Replace outputs that exist.")
  var force = false

  /// An output as a request takes it.
  func place(_ path: String) -> OutputPlace { OutputPlace(path, replacing: force) }
}

/// Options of commands that run a model.
struct ComputeOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Images in one forward pass.", valueName: "n"))
  var batch = 64

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  func validate() throws {
    guard (1...4096).contains(batch) else {
      throw ValidationError("--batch is \(batch), expected 1 to 4096.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  var settings: ComputeSettings { ComputeSettings(batch: batch, threads: threads) }
}

/// `NAME=PATH`, as tasks and experts are named on the command line.
extension NamedPath: ExpressibleByArgument {
  /// Reads `NAME=PATH`; `nil` for anything else.
  public init?(argument: String) {
    guard let separator = argument.firstIndex(of: "=") else { return nil }
    let path = argument[argument.index(after: separator)...]
    guard separator > argument.startIndex, !path.isEmpty else { return nil }
    self.init(name: String(argument[..<separator]), path: String(path))
  }
}

extension ModelElementType: ExpressibleByArgument {}
extension ScheduleName: ExpressibleByArgument {}
