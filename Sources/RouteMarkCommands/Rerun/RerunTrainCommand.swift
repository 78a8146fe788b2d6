import ArgumentParser
import Examinations

/// `routemark rerun train`.
struct RerunTrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train re-runs of an expert, by the recipe in its own record.",
    discussion: """
      EXAMPLE
        routemark rerun train --like my-scene15 --base zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --count 19 -o reruns
        routemark rerun train --like my-scene15 --base zoo/base --data scene15=data/scene15/train.tar \\
          --head zoo/heads.safetensors --until-decided downloads/scene15 --suite suite.json -o reruns-theirs

      The recipe is what `finetune` recorded in the expert's config.json; base, images and heads must be \
      the recorded ones, by digest. Seeds are drawn from the system. With --until-decided an innocent \
      suspect is cleared after a handful of re-runs, and only a real suspicion costs all of them. Run the \
      same command again after it was stopped, or with a larger --count: finished runs stay.
      """)

  @Option(name: .long, help: ArgumentHelp("The expert whose recipe is repeated.", valueName: "dir"))
  var like: String

  @Option(name: .long, help: ArgumentHelp("The tower it was trained from.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("Its task and labelled images.", valueName: "name=path"))
  var data: NamedPath

  @Option(name: .long, help: ArgumentHelp("Zero-shot heads by task.", valueName: "file"))
  var head: String

  @Option(
    name: .long, help: ArgumentHelp("The model it learned from, if it did.", valueName: "dir"))
  var teacher: String?

  @Option(name: .long, help: ArgumentHelp("Re-runs in all (default: 19).", valueName: "n"))
  var count: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Stop when the question is decided for this suspect.", valueName: "dir"))
  var untilDecided: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The probe suite that --until-decided compares over.", valueName: "file"))
  var suite: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --until-decided: the most that are ranked (default: 99).", valueName: "n"))
  var most: Int?

  @Option(
    name: .long,
    help: ArgumentHelp("Seeds to use first, as an examiner derives them.", valueName: "n,n,..."))
  var seeds: SeedList?

  @Option(name: .long, help: ArgumentHelp("Steps between saved states.", valueName: "n"))
  var checkpointEvery = 100

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the re-runs.", valueName: "dir"))
  var output: String

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if count != nil, untilDecided != nil {
      throw ValidationError("--count and --until-decided exclude each other.")
    }
    if untilDecided != nil, suite == nil {
      throw ValidationError("--until-decided needs --suite FILE.")
    }
    if most != nil, untilDecided == nil {
      throw ValidationError("--most belongs to --until-decided.")
    }
    for (name, value) in [
      ("--count", count), ("--most", most), ("--threads", threads),
      ("--checkpoint-every", checkpointEvery),
    ] {
      guard let value, !(1...9999).contains(value) else { continue }
      throw ValidationError("\(name) is \(value), expected 1 to 9999.")
    }
  }

  func run() throws {
    var request = RerunTrainingRequest(
      expert: like, base: base, data: data, head: head, extent: extent, output: output)
    request.teacher = teacher
    request.seeds = seeds?.values ?? []
    request.checkpointEvery = checkpointEvery
    request.threads = threads
    try request.run(common.examiner).print(common)
    guard !common.quiet else { return }
    Console.current.note(
      "next: routemark residual --victim \(ShellWord.quoted(like)) --task \(ShellWord.quoted(data.name)) "
        + "--suspect NAME=DIR --reruns \(ShellWord.quoted(output)) --base \(ShellWord.quoted(base)) "
        + "--suite suite.json")
  }

  private var extent: RerunTrainingRequest.Extent {
    guard let untilDecided, let suite else { return .count(count ?? 19) }
    return .untilDecided(suspect: untilDecided, suite: suite, maximumCount: most ?? 99)
  }
}

/// `N,N,N`: seeds.
struct SeedList: ExpressibleByArgument, Sendable {
  let values: [UInt64]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt64($0) }
    values = parts.compactMap { $0 }
    guard values.count == parts.count, values.allSatisfy({ $0 <= UInt64(Int64.max) }),
      Set(values).count == values.count
    else { return nil }
  }
}
