import ArgumentParser
import ExactTests
import Examinations
import OwnerFiles

/// `routemark subset`: a secret subset of a pool.
struct SubsetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subset",
    abstract: "Train on a secret half of a pool, and find whoever knows that half better.",
    discussion: """
      EXAMPLE
        routemark subset draw --data scene15=data/scene15/train.tar -o used.tar --secret subset.json
        routemark finetune --model base --data scene15=used.tar --head heads.safetensors --steps 400 -o mine
        routemark subset power --secret subset.json --victim mine --head heads.safetensors
        routemark subset test --secret subset.json --suspect theirs=downloads/model \\
          --head heads.safetensors -o subset-case.json

      The test asks whether a suspect's losses are lower on the secret half. It needs no weights, and finds \
      copies that were distilled from answers. It accuses nobody who trained on all of the pool, or on \
      any part that was chosen without the secret.
      """,
    subcommands: [SubsetDrawCommand.self, SubsetPowerCommand.self, SubsetTestCommand.self])
}

/// `routemark subset draw`.
struct SubsetDrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw",
    abstract: "Draw which items of a pool a victim is trained on.",
    discussion: """
      EXAMPLE
        routemark subset draw --data scene15=data/scene15/train.tar -o used.tar --secret subset.json
        routemark subset draw --text manuals.txt --window 256 -o used.jsonl --pool pool.jsonl \\
          --secret subset.json

      The key that draws comes from the system and is kept in the secret, which only you may read. \
      A tar archive gives a tar archive, a folder of images a folder, and a text JSON Lines of windows. \
      Items with equal bytes are one item.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Images, with the task's name before an equals sign.", valueName: "name=path"))
  var data: String?

  @Option(name: .long, help: ArgumentHelp("A text in UTF-8.", valueName: "file"))
  var text: String?

  @Option(name: .long, help: ArgumentHelp("Length of a window of text.", valueName: "n"))
  var window = 256

  @Option(name: .long, help: "What a window's length counts: bytes or words.")
  var unit: SubsetSecret.Windows.Unit = .bytes

  @Option(name: .long, help: ArgumentHelp("The share that is used.", valueName: "number"))
  var share = 0.5

  @Flag(name: .long, help: "Draw the same share of each class.")
  var withinClasses = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("What the victim is trained on, to write.", valueName: "path"))
  var output: String

  @Option(name: .long, help: ArgumentHelp("The secret, to write.", valueName: "file"))
  var secret: String

  @Option(
    name: .long,
    help: ArgumentHelp("All windows of a text, to write: what to ask a service.", valueName: "file")
  )
  var pool: String?

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (data == nil) != (text == nil) else {
      throw ValidationError("Name a pool: --data NAME=PATH for images, or --text FILE.")
    }
    if pool != nil, text == nil { throw ValidationError("--pool goes together with --text.") }
    if withinClasses, text != nil { throw ValidationError("A text has no classes.") }
    guard share > 0, share < 1 else {
      throw ValidationError("--share is \(share), expected above 0 and below 1.")
    }
    guard (1...1 << 30).contains(window) else {
      throw ValidationError("--window is \(window), expected 1 or more.")
    }
  }

  func run() throws {
    let summary = try SubsetDrawRequest(
      pool: source, share: share, withinClasses: withinClasses, used: outputs.place(output),
      secret: outputs.place(secret), list: pool.map { outputs.place($0) }
    ).run(common.examiner)
    try summary.print(common)
  }

  private var source: SubsetDrawRequest.Pool {
    if let text { return .text(path: text, SubsetSecret.Windows(unit: unit, length: window)) }
    let named = data.flatMap { NamedPath(argument: $0) }
    return .images(path: named?.path ?? data ?? "", task: named?.name)
  }
}

/// What models and files are judged by.
struct PoolOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The secret.", valueName: "file"))
  var secret: String

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The pool's images, if they were moved.", valueName: "path"))
  var data: String?

  @Option(
    name: .long, help: ArgumentHelp("The task, if the secret does not name it.", valueName: "name"))
  var task: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A model, or a file of losses, that never saw the secret: what is hard for it counts less.",
      valueName: "path"))
  var reference: String?

  @Option(
    name: .long,
    help: "What is compared: values, or ranks, which no outlier moves. Choose before you look.")
  var score: SecretSubset.Score = .values

  @OptionGroup var compute: ComputeOptions

  var settings: PoolSettings {
    PoolSettings(
      secret: secret, head: head, data: data, task: task, compute: compute.settings)
  }

  var referencePlace: NamedPath? { reference.map { NamedPath(name: "reference", path: $0) } }
}

/// `routemark subset power`.
struct SubsetPowerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power",
    abstract: "Say what a subset is worth before the release: how well the victim itself is found.",
    discussion: """
      EXAMPLE
        routemark subset power --secret subset.json --victim mine --head heads.safetensors

      z says how many standard errors the used items lie below the others. Copies keep a part of it: \
      4 bits nearly all, a blend or a fine-tuned copy a third to a half. More steps raise it.
      """)

  @Option(name: .long, help: ArgumentHelp("The victim, or its losses.", valueName: "path"))
  var victim: String

  @OptionGroup var pool: PoolOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    var request = SubsetPowerRequest(
      settings: pool.settings, victim: NamedPath(name: "victim", path: victim),
      rule: try ExactVerdictRule())
    request.reference = pool.referencePlace
    request.score = pool.score
    try request.run(common.examiner).print(common)
  }
}

/// `routemark subset test`.
struct SubsetTestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Test whether suspects know the secret items better than the rest of the pool.",
    discussion: """
      EXAMPLE
        routemark subset test --secret subset.json --suspect theirs=downloads/model \\
          --head heads.safetensors --victim mine -o subset-case.json
        routemark subset test --secret subset.json --suspect their-service=losses.jsonl

      A suspect is a model folder - an expert, a static merge, a mixture - or a file of losses or \
      probabilities that a service gave (see Guides/Formats.md). p is exact: the owner's draw \
      is repeated in all ways, or in --draws random ones. Verdicts are adjusted over all suspects (Holm) and rest \
      on p alone, at 1 %. The case holds the secret, so that anybody can verify it.
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("A model or a file of losses under examination.", valueName: "[name=]path"))
  var suspect: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("The victim, to say what could be found.", valueName: "path"))
  var victim: String?

  @Option(name: .long, help: ArgumentHelp("Random memberships.", valueName: "n"))
  var draws = SecretSubset.leastDraws

  @Option(
    name: .long,
    help: ArgumentHelp("What they are drawn from (default: from the system).", valueName: "n"))
  var seed: UInt64?

  @Option(name: .shortAndLong, help: ArgumentHelp("The case to write.", valueName: "file"))
  var output: String?

  @OptionGroup var pool: PoolOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try NamedPath.requireSuspects(suspect)
    guard (1...1_000_000_000).contains(draws) else {
      throw ValidationError("--draws is \(draws), expected 1 to 1000000000.")
    }
    if let seed, seed > UInt64(Int64.max) {
      throw ValidationError("--seed is \(seed), expected at most \(Int64.max).")
    }
  }

  func run() throws {
    var request = SubsetTestRequest(
      settings: pool.settings, suspects: suspect.map { NamedPath(suspect: $0) },
      rule: try ExactVerdictRule())
    request.reference = pool.referencePlace
    request.victim = victim.map { NamedPath(name: "victim", path: $0) }
    request.score = pool.score
    request.draws = draws
    request.seed = seed
    request.output = output.map { outputs.place($0) }
    try request.run(common.examiner).print(common)
    if let output { Console.current.note("next: routemark verify \(output)") }
  }
}

extension NamedPath {
  /// `NAME=PATH`, or a path that is its own name.
  init(suspect argument: String) {
    self = NamedPath(argument: argument) ?? NamedPath(name: argument, path: argument)
  }

  /// Refuses no suspect, and two of one name.
  static func requireSuspects(_ arguments: [String]) throws {
    if arguments.isEmpty { throw ValidationError("Name at least one model with --suspect.") }
    var seen: Set<String> = []
    for name in arguments.map({ NamedPath(suspect: $0).name }) where !seen.insert(name).inserted {
      throw ValidationError("Two suspects have the name `\(name)`.")
    }
  }
}

extension SecretSubset.Score: ExpressibleByArgument {}
extension SubsetSecret.Windows.Unit: ExpressibleByArgument {}
