import ArgumentParser
import Tensors

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

  var pool: WorkerPool { WorkerPool(threads: threads) }
}

/// `NAME=PATH`, as tasks and experts are named on the command line.
struct NamedPath: ExpressibleByArgument, Sendable {
  let name: String
  let path: String

  init?(argument: String) {
    guard let separator = argument.firstIndex(of: "=") else { return nil }
    name = String(argument[..<separator])
    path = String(argument[argument.index(after: separator)...])
    if name.isEmpty || path.isEmpty { return nil }
  }
}
