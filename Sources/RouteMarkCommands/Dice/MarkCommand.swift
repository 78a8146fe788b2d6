import ArgumentParser
import ExactTests
import Examinations
import OwnerFiles
import WeightMarks

/// `routemark mark`: a secret pattern on weights.
struct MarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mark",
    abstract: "Add a secret pattern to an expert's weights before release, and find its copies.",
    discussion: """
      EXAMPLE
        routemark mark key -o key.json
        routemark mark --model mine --base base --key key.json -o released
        routemark mark test --key key.json --reference mine --suspect theirs=downloads/model

      The pattern is a tenth of the task vector's size by default and changes hardly any answer. Keep the unmarked model and \
      the key secret. The pattern is found in fine-tuned, pruned, quantised, blended and merged copies; a \
      copy that was distilled from answers does not have it.
      """,
    subcommands: [MarkWriteCommand.self, MarkKeyCommand.self, MarkTestCommand.self],
    defaultSubcommand: MarkWriteCommand.self)
}

/// `routemark mark key`.
struct MarkKeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Draw a key of 256 bits from the system.",
    discussion: """
      EXAMPLE
        routemark mark key -o key.json

      Only you may read the file. One key serves all licensees and all of your experts.
      """)

  @Option(name: .long, help: "What patterns consist of: gaussian numbers, or signs.")
  var kind: KeyedMark.Kind = .gaussian

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try MarkKeyRequest(kind: kind, output: outputs.place(output)).run(common.examiner)
      .print(common)
  }
}

/// `routemark mark` itself.
struct MarkWriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write a marked copy of an expert, one for each licensee if there are several.",
    discussion: """
      EXAMPLE
        routemark mark --model mine --base base --key key.json --licensee acme \\
          --data scene15=data/scene15/test.tar --head heads.safetensors -o for-acme

      `write` may be left out. The copy keeps the element types of the model; f16 and bf16 are rounded up or \
      down by chance, from the key, so that the same key gives the same bytes. The record of the training, which has \
      its seed, is left out of the copy's config.json.
      """)

  @Option(name: .long, help: ArgumentHelp("The unmarked expert.", valueName: "dir"))
  var model: String

  @Option(name: .long, help: ArgumentHelp("What it was trained from.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("The key.", valueName: "file"))
  var key: String

  @Option(
    name: .long,
    help: ArgumentHelp("The pattern's size beside each tensor's task vector.", valueName: "number"))
  var strength = 0.1

  @Option(name: .long, help: ArgumentHelp("Who gets this copy.", valueName: "name"))
  var licensee: String?

  @Option(name: .long, help: "Which weights are marked: mlp, attention or linear (both).")
  var tensors: MarkScope = .mlp

  @Option(
    name: .long,
    help: ArgumentHelp("Labelled images, to say what the mark costs.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard data.isEmpty == (head == nil) else {
      throw ValidationError("--data and --head go together.")
    }
    if let licensee, licensee.isEmpty { throw ValidationError("--licensee is empty.") }
  }

  func run() throws {
    let check = head.map {
      MarkRequest.Check(data: data, head: $0, compute: compute.settings)
    }
    try MarkRequest(
      model: model, base: base, key: key, licensee: licensee, strength: strength, scope: tensors,
      output: outputs.place(output), check: check
    ).run(common.examiner).print(common)
  }
}

/// `routemark mark test`.
struct MarkTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Test whether suspects carry a key's pattern, and whose copy they come from.",
    discussion: """
      EXAMPLE
        routemark mark test --key key.json --reference mine --base base \\
          --suspect theirs=downloads/model --licensee acme --licensee zenith -o mark-case.json

      A suspect is an expert, a static merge or a mixture, each of whose experts is tested. Hidden units \
      are matched to the unmarked reference, pruned weights left out, and the reference rounded as a \
      quantised suspect is; --base makes the test sharper for blends and merges. p-values are adjusted over all \
      experts and licensees (Holm); the verdict rests on p alone, at 1 %.
      """)

  @Option(name: .long, help: ArgumentHelp("The key.", valueName: "file"))
  var key: String

  @Option(name: .long, help: ArgumentHelp("The unmarked expert.", valueName: "dir"))
  var reference: String

  @Option(name: .long, help: ArgumentHelp("What it was trained from.", valueName: "dir"))
  var base: String?

  @Option(
    name: .long, help: ArgumentHelp("A model under examination.", valueName: "[name=]path"))
  var suspect: [String] = []

  @Option(name: .long, help: ArgumentHelp("Whose pattern is tried.", valueName: "name"))
  var licensee: [String] = []

  @Option(name: .long, help: "Which weights are marked: mlp, attention or linear (both).")
  var tensors: MarkScope = .mlp

  @Option(name: .shortAndLong, help: ArgumentHelp("The case to write.", valueName: "file"))
  var output: String?

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try NamedPath.requireSuspects(suspect)
    guard Set(licensee).count == licensee.count, !licensee.contains("") else {
      throw ValidationError("Each --licensee needs a name of its own.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  func run() throws {
    var request = MarkTestRequest(
      key: key, reference: reference, suspects: suspect.map { NamedPath(suspect: $0) },
      rule: try ExactVerdictRule())
    request.base = base
    request.licensees = licensee
    request.scope = tensors
    request.threads = threads
    request.output = output.map { outputs.place($0) }
    try request.run(common.examiner).print(common)
    if let output { Console.current.note("next: routemark verify \(output)") }
  }
}

extension KeyedMark.Kind: ExpressibleByArgument {}
extension MarkScope: ExpressibleByArgument {}
