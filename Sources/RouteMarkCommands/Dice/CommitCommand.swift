import ArgumentParser
import Examinations
import OwnerFiles

/// `routemark commit`: bind oneself to a victim and to secrets before the release.
struct CommitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit",
    abstract:
      "Bind yourself to a victim and its secrets before release, so that nobody can doubt them later.",
    discussion: """
      EXAMPLE
        routemark commit --victim mine --base base --data scene15=used.tar \\
          --secret subset.json --key key.json -o commitment.json --opening opening.json
        routemark commit reveal --opening opening.json --tell seed --tell subset -o told.json
        routemark commit check --commitment commitment.json --opening told.json --victim mine

      Publish commitment.json, or have it time-stamped; it tells no secret. Keep opening.json. An owner \
      without a commitment could have made the victim after the suspect.
      """,
    subcommands: [
      CommitWriteCommand.self, CommitRevealCommand.self, CommitCheckCommand.self,
      CommitSeedsCommand.self,
    ],
    defaultSubcommand: CommitWriteCommand.self)
}

/// `routemark commit` itself.
struct CommitWriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write",
    abstract: "Write a commitment to publish and an opening to keep.",
    discussion: """
      EXAMPLE
        routemark commit --victim mine --base base --data scene15=used.tar \\
          -o commitment.json --opening opening.json

      `write` may be left out. The commitment has the digests of victim, base and images, the recipe \
      without its seed, the instruction set, and salted hashes of seed, subset and key.
      """)

  @Option(name: .long, help: ArgumentHelp("The victim, as it was trained.", valueName: "dir"))
  var victim: String

  @Option(name: .long, help: ArgumentHelp("What it was trained from.", valueName: "dir"))
  var base: String

  @Option(
    name: .long,
    help: ArgumentHelp("A task's name and the images it was trained on.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("The secret subset.", valueName: "file"))
  var secret: String?

  @Option(name: .long, help: ArgumentHelp("The key of marks.", valueName: "file"))
  var key: String?

  @Option(name: .long, help: ArgumentHelp("A copy that is released.", valueName: "dir"))
  var released: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("The commitment to write.", valueName: "file"))
  var output: String

  @Option(name: .long, help: ArgumentHelp("The opening to write.", valueName: "file"))
  var opening: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if data.isEmpty { throw ValidationError("Name the images with --data NAME=PATH.") }
  }

  func run() throws {
    var request = CommitRequest(
      victim: victim, base: base, data: data, output: outputs.place(output),
      opening: outputs.place(opening))
    request.subset = secret
    request.key = key
    request.released = released
    try request.run(common.examiner).print(common)
  }
}

/// `routemark commit reveal`.
struct CommitRevealCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reveal",
    abstract: "Write an opening that tells some secrets and keeps the others.",
    discussion: """
      EXAMPLE
        routemark commit reveal --opening opening.json --tell seed --tell subset -o told.json

      What is told cannot be taken back: a key of marks that is told can be removed from every copy.
      """)

  @Option(name: .long, help: ArgumentHelp("Your opening.", valueName: "file"))
  var opening: String

  @Option(name: .long, help: "What is told: seed, subset or key.")
  var tell: [Commitment.Secret] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if tell.isEmpty { throw ValidationError("Name at least one secret with --tell.") }
  }

  func run() throws {
    struct Told: Encodable {
      let schema = "routemark.told/1"
      let path: String
      let secrets: [String]
    }
    let told = try RevealRequest(
      opening: opening, secrets: Set(tell), output: outputs.place(output)
    ).run(common.examiner)
    if common.json { return try JSONOutput.print(Told(path: output, secrets: told)) }
    Console.current.line("opening  \(output)")
    Console.current.line("tells    \(told.isEmpty ? "nothing" : told.joined(separator: ", "))")
  }
}

/// `routemark commit check`.
struct CommitCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract:
      "Check secrets, models and images against a commitment; exits with 1 when one differs.",
    discussion: """
      EXAMPLE
        routemark commit check --commitment commitment.json --opening told.json --victim mine \\
          --base base --data scene15=used.tar --rebuild --head heads.safetensors

      --rebuild trains the victim again from the opened seed, with the instruction set that was \
      committed to, and compares every bit.
      """)

  @Option(name: .long, help: ArgumentHelp("The commitment.", valueName: "file"))
  var commitment: String

  @Option(name: .long, help: ArgumentHelp("The opening.", valueName: "file"))
  var opening: String

  @Option(name: .long, help: ArgumentHelp("The victim.", valueName: "dir"))
  var victim: String?

  @Option(name: .long, help: ArgumentHelp("What it was trained from.", valueName: "dir"))
  var base: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A task's name and the images it was trained on.", valueName: "name=path"))
  var data: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("A released copy.", valueName: "dir"))
  var released: [String] = []

  @Flag(name: .long, help: "Train the victim again and compare it bit for bit.")
  var rebuild = false

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads, for --rebuild.", valueName: "file"))
  var head: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Whose answers the victim learned, for --rebuild.", valueName: "dir"))
  var teacher: String?

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !rebuild || (base != nil && !data.isEmpty && head != nil) else {
      throw ValidationError("--rebuild needs --base, --data and --head.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
  }

  func run() throws {
    var request = CommitmentCheckRequest(commitment: commitment, opening: opening)
    request.victim = victim
    request.base = base
    request.data = data
    request.released = released
    if rebuild, let head {
      request.rebuild = CommitmentCheckRequest.Rebuild(
        head: head, teacher: teacher, threads: threads)
    }
    let check = try request.run(common.examiner)
    try check.print(common)
    if !check.holds { throw ExitStatus.negative }
  }
}

/// `routemark commit seeds`.
struct CommitSeedsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seeds",
    abstract: "Draw the seeds of re-runs that neither owner nor examiner can choose alone.",
    discussion: """
      EXAMPLE
        routemark commit seeds --commitment commitment.json --nonce "court 4, 2027-01-12" --count 19

      The examiner says the nonce after the commitment was published. Seeds follow from the \
      commitment's digest and the nonce by HKDF-SHA256.
      """)

  @Option(name: .long, help: ArgumentHelp("The commitment.", valueName: "file"))
  var commitment: String

  @Option(name: .long, help: ArgumentHelp("What the examiner says.", valueName: "text"))
  var nonce: String

  @Option(name: .long, help: ArgumentHelp("How many seeds.", valueName: "n"))
  var count = 19

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if nonce.isEmpty { throw ValidationError("--nonce is empty.") }
    guard (1...100_000).contains(count) else {
      throw ValidationError("--count is \(count), expected 1 to 100000.")
    }
  }

  func run() throws {
    let list = try ExaminerSeedsRequest(commitment: commitment, nonce: nonce, count: count)
      .run(common.examiner)
    if common.json { return try JSONOutput.print(list) }
    for seed in list.seeds { Console.current.line("\(seed)") }
  }
}

extension Commitment.Secret: ExpressibleByArgument {}
