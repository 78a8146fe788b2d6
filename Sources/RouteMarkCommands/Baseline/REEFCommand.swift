import ArgumentParser
import Examinations

/// `routemark baseline reef`: alignment of hidden states.
struct REEFCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reef",
    abstract: "Linear CKA of class-token hidden states over a probe suite, by layer.",
    discussion: """
      EXAMPLE
        routemark baseline reef --victim victim --suspect suspect --suite suite.json

      The published estimator is biased: two unrelated models of width 768 read 0.79 on 200 images. \
      The unbiased one reads about 0 there.
      """)

  @OptionGroup var models: BaselineModels

  @Option(name: .long, help: ArgumentHelp("The probe suite.", valueName: "file"))
  var suite: String

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    try BaselineRequest(
      .reef(suite: suite), victim: models.victim, suspect: models.suspect,
      compute: compute.settings
    ).run(common.examiner).print(common)
  }
}
