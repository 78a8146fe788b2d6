import ArgumentParser
import Baselines
import Examinations

/// `routemark baseline ics`: cosines of invariant terms.
struct ICSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ics",
    abstract: "Cosine of invariant terms of the last two layers, of models or of experts.",
    discussion: """
      EXAMPLE
        routemark baseline ics --victim victim --suspect suspect
        routemark baseline ics --victim victim --suspect suspect --level expert

      The terms stay as they are when hidden units of an MLP are permuted, and with --embeddings own \
      also when the residual stream is.
      """)

  /// `--embeddings`.
  enum Embeddings: String, ExpressibleByArgument, CaseIterable {
    case victim, own, identity

    var choice: TokenEmbeddings {
      switch self {
      case .victim: .victim
      case .own: .own
      case .identity: .identity
      }
    }
  }

  @OptionGroup var models: BaselineModels
  @OptionGroup var level: BaselineLevelOptions

  @Option(name: .long, help: "What stands for token embeddings: victim, own or identity.")
  var embeddings: Embeddings = .victim

  @OptionGroup var common: CommonOptions

  func run() throws {
    try BaselineRequest(
      level.level == .model ? .modelICS(embeddings.choice) : .expertICS(embeddings.choice),
      victim: models.victim, suspect: models.suspect, base: level.base,
      realigns: level.realign
    ).run(common.examiner).print(common)
  }
}
