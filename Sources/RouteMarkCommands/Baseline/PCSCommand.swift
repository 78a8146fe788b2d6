import ArgumentParser
import Baselines
import Reports

/// `routemark baseline pcs`: cosines of weights.
struct PCSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pcs",
    abstract: "Cosine of all weights (PCS-M), or of experts' task vectors (PCS-E).",
    discussion: """
      EXAMPLE
        routemark baseline pcs --victim victim --suspect suspect
        routemark baseline pcs --victim my-expert --suspect suspect --level expert --base base

      Whole models that share a base are close to 1 whatever their experts are; the parts tell more.
      """)

  @OptionGroup var models: BaselineModels
  @OptionGroup var level: BaselineLevelOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let opened = try models.open()
    let progress = ProgressBar("reading weights", quiet: common.quiet)
    defer { progress.finish() }
    switch level.level {
    case .model:
      let result = try ModelPCS(
        victim: ModelWeights(opened.victim), suspect: ModelWeights(opened.suspect),
        progress: progress.handler)
      progress.finish()
      let report = try BaselineReport(method: "PCS-M", opened, result: result)
      try report.print(common, definition: result.definition) { Self.print(result, to: $0) }
    case .expert:
      let experts = try level.taskVectors(opened)
      let result = try ExpertPCS(
        victim: experts.victim, suspect: experts.suspect, progress: progress.handler)
      progress.finish()
      let report = try BaselineReport(method: "PCS-E", opened, result: result)
      try report.print(common, definition: result.definition) {
        result.similarities.print(to: $0)
      }
    }
  }

  private static func print(_ result: ModelPCS, to console: Console) {
    console.line("similarity  \(FixedDigits.text(result.similarity, digits: 6))")
    console.line()
    var table = TextTable([
      .leading("part"), .trailing("cosine"), .trailing("tensors"), .trailing("numbers"),
      .trailing("other shape"), .trailing("no counterpart"),
    ])
    for part in result.parts {
      table.append([
        TextTable.Cell(part.role.rawValue),
        TextTable.Cell(part.cosine.map { FixedDigits.text($0, digits: 6) } ?? "-"),
        TextTable.Cell("\(part.pairedTensors)"), TextTable.Cell("\(part.pairedNumbers)"),
        TextTable.Cell("\(part.mismatchedTensors)"), TextTable.Cell("\(part.unpairedTensors)"),
      ])
    }
    console.out(table.render(width: console.width))
  }
}
