import ArgumentParser
import Examinations

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
    try BaselineRequest(
      level.level == .model ? .modelPCS : .expertPCS, victim: models.victim,
      suspect: models.suspect, base: level.base,
      realigns: level.realign
    ).run(common.examiner).print(common)
  }
}
