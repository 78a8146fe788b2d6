import ArgumentParser
import Baselines
import Reports
import Tensors

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
    let opened = try models.open()
    switch level.level {
    case .model:
      let result = try ModelICS(
        victim: ModelWeights(opened.victim), suspect: ModelWeights(opened.suspect),
        embeddings: embeddings.choice)
      let report = try BaselineReport(method: "ICS-M", opened, result: result)
      try report.print(common, definition: result.definition) { Self.print(result, to: $0) }
    case .expert:
      let experts = try level.taskVectors(opened)
      let progress = ProgressBar("comparing experts", quiet: common.quiet)
      defer { progress.finish() }
      let result = try ExpertICS(
        victim: experts.victim, suspect: experts.suspect, embeddings: embeddings.choice,
        progress: progress.handler)
      progress.finish()
      let report = try BaselineReport(method: "ICS-E", opened, result: result)
      try report.print(common, definition: result.definition) {
        result.similarities.print(to: $0)
      }
    }
  }

  private static func print(_ result: ModelICS, to console: Console) {
    console.line("similarity  \(FixedDigits.text(result.similarity, digits: 6))")
    console.line("embeddings  \(result.embeddingCount)")
    console.line()
    var table = TextTable([
      .leading("term"), .trailing("victim layer"), .trailing("suspect layer"),
      .trailing("correlation"),
    ])
    for term in result.terms {
      table.append([
        TextTable.Cell(term.term), TextTable.Cell("\(term.victimLayer)"),
        TextTable.Cell("\(term.suspectLayer)"),
        TextTable.Cell(FixedDigits.text(term.correlation, digits: 6)),
      ])
    }
    console.out(table.render(width: console.width))
  }
}
