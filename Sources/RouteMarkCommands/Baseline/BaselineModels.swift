import ArgumentParser
import Baselines
import ModelMerging

/// The two models of a baseline.
struct BaselineModels: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The reference model.", valueName: "dir"))
  var victim: String

  @Option(name: .long, help: ArgumentHelp("The model under examination.", valueName: "dir"))
  var suspect: String

  /// Both models, opened.
  func open() throws -> (victim: ModelFolder, suspect: ModelFolder) {
    (try ModelFolder(path: victim), try ModelFolder(path: suspect))
  }
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

  func validate() throws {
    guard base == nil || level == .expert else {
      throw ValidationError("--base goes with --level expert.")
    }
  }

  /// The experts of both models.
  func taskVectors(
    _ models: (victim: ModelFolder, suspect: ModelFolder)
  ) throws -> (victim: ExpertTaskVectors, suspect: ExpertTaskVectors) {
    let origin = try base.map { try ModelFolder(path: $0) }
    return (
      try ExpertTaskVectors(models.victim, base: origin),
      try ExpertTaskVectors(models.suspect, base: origin)
    )
  }
}
