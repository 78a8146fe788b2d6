import ArgumentParser

/// The two models of a baseline.
struct BaselineModels: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The reference model.", valueName: "dir"))
  var victim: String

  @Option(name: .long, help: ArgumentHelp("The model under examination.", valueName: "dir"))
  var suspect: String
}

/// What a baseline on weights compares.
struct BaselineLevelOptions: ParsableArguments {
  enum Level: String, ExpressibleByArgument, CaseIterable, Encodable {
    case model, expert
  }

  @Option(name: .long, help: "What to compare: whole models, or experts with each other.")
  var level: Level = .model

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --level expert: what a plain tower was fine-tuned from.", valueName: "dir"))
  var base: String?

  @Flag(
    name: .long,
    help: "Bring experts into the base's coordinates first; the published methods do not.")
  var realign = false

  func validate() throws {
    guard base == nil || level == .expert else {
      throw ValidationError("--base goes with --level expert.")
    }
    guard !realign || base != nil else {
      throw ValidationError("--realign needs --base.")
    }
  }
}
