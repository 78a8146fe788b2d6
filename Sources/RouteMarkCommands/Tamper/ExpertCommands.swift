import ArgumentParser
import Examinations
import Tampering

/// What becomes of the gates.
struct RouterOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Gates: keep, cut or reinit.",
      discussion: """
        keep: a new expert in another's place inherits its row, deleted experts' rows go, added \
        experts have fresh rows. cut: every new expert has a fresh row. reinit: all gates are fresh.
        """))
  var router: RouterTreatment = .keep

  @Option(
    name: .long, help: ArgumentHelp("Seed of fresh gate rows (default: drawn).", valueName: "n"))
  var seed: UInt64?
}

/// `routemark tamper replace`.
struct ReplaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replace", abstract: "Put another expert in an expert's place.",
    discussion: """
      EXAMPLE
        routemark tamper replace --model victim --expert cars --with gtsrb=zoo/gtsrb -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("The expert to replace.", valueName: "name"))
  var expert: String

  @Option(name: .long, help: ArgumentHelp("The new expert.", valueName: "name=dir"))
  var with: NamedPath

  @OptionGroup var router: RouterOptions
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(
      .replace(
        expert: expert, by: with, router: router.router, seed: router.seed ?? SystemSeed.draw()))
  }
}

/// `routemark tamper add`.
struct AddCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Append an expert.",
    discussion: """
      EXAMPLE
        routemark tamper add --model victim --expert gtsrb=zoo/gtsrb -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("The new expert.", valueName: "name=dir"))
  var expert: NamedPath

  @OptionGroup var router: RouterOptions
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.add(expert, router: router.router, seed: router.seed ?? SystemSeed.draw()))
  }
}

/// `routemark tamper delete`.
struct DeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Remove an expert and its gate rows.",
    discussion: """
      EXAMPLE
        routemark tamper delete --model victim --expert cars -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("The expert to delete.", valueName: "name"))
  var expert: String

  @OptionGroup var router: RouterOptions
  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(
      .delete(expert: expert, router: router.router, seed: router.seed ?? SystemSeed.draw()))
  }
}

/// `routemark tamper clone`.
struct CloneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clone", abstract: "Duplicate an expert and its gate rows, with noise.",
    discussion: """
      EXAMPLE
        routemark tamper clone --model victim --expert cars --noise 0.01 -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("The expert to duplicate.", valueName: "name"))
  var expert: String

  @Option(
    name: .long, help: ArgumentHelp("Noise relative to each tensor's rms.", valueName: "sigma"))
  var noise: Double

  @Option(name: .long, help: ArgumentHelp("Seed of the noise (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.clone(expert: expert, noise: noise, seed: seed ?? SystemSeed.draw()))
  }
}

/// `routemark tamper tie`.
struct TieCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tie", abstract: "Give several experts one content, their mean.",
    discussion: """
      EXAMPLE
        routemark tamper tie --model victim --experts cars,scene15 -o suspect
      """)

  @Option(
    name: .long, help: ArgumentHelp("The experts, separated by commas.", valueName: "a,b"))
  var experts: String

  @OptionGroup var options: TamperOptions

  func run() throws {
    let names = experts.split(separator: ",").map(String.init)
    try options.run(.tie(experts: names))
  }
}

/// `routemark tamper shuffle`.
struct ShuffleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shuffle",
    abstract: "Renumber the experts differently in every layer; the function stays.",
    discussion: """
      EXAMPLE
        routemark tamper shuffle --model victim --seed 1 -o suspect
      """)

  @Option(name: .long, help: ArgumentHelp("Seed of the orders (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @OptionGroup var options: TamperOptions

  func run() throws {
    try options.run(.shuffle(seed: seed ?? SystemSeed.draw()))
  }
}
