import ArgumentParser
import Baselines
import Diagnostics
import Examinations
import ModelMerging
import Probes
import Probing
import Reports

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
    let opened = try models.open()
    let suite = try OpenSuite(contentsOf: suite)
    let progress = ProgressBar("running models", quiet: common.quiet)
    defer { progress.finish() }
    let (total, handler) = (2 * suite.sampleCount, progress.handler)
    let victim = try HiddenStateCapture(model: opened.victim, suite: suite)
      .states(batch: compute.batch, pool: compute.settings.pool) { done, _ in handler(done, total) }
    let suspect = try HiddenStateCapture(model: opened.suspect, suite: suite)
      .states(batch: compute.batch, pool: compute.settings.pool) { done, _ in
        handler(suite.sampleCount + done, total)
      }
    progress.finish()
    let result = Alignment(
      suiteDigest: suite.digest,
      reef: try REEF(victim: victim, suspect: suspect, pool: compute.settings.pool))
    let report = try BaselineReport(method: "REEF", opened, result: result)
    try report.print(common, definition: result.reef.definition) {
      Self.print(result, to: $0)
    }
  }

  /// The numbers and the suite they were measured on.
  struct Alignment: Encodable {
    let suiteDigest: Digest
    let reef: REEF

    enum CodingKeys: CodingKey { case suiteDigest }

    func encode(to encoder: any Encoder) throws {
      try reef.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(suiteDigest, forKey: .suiteDigest)
    }
  }

  private static func print(_ result: Alignment, to console: Console) {
    let reef = result.reef
    console.line("layer       \(reef.headlineLayer), of layers 0 to \(reef.layers.count - 1)")
    console.line("biased      \(FixedDigits.text(reef.biased)), as published")
    console.line("unbiased    \(FixedDigits.text(reef.unbiased))")
    console.line("samples     \(reef.sampleCount) of suite \(result.suiteDigest)")
    console.line()
    var table = TextTable([.trailing("layer"), .trailing("biased"), .trailing("unbiased")])
    for layer in reef.layers {
      table.append([
        TextTable.Cell("\(layer.layer)"), TextTable.Cell(FixedDigits.text(layer.biased)),
        TextTable.Cell(FixedDigits.text(layer.unbiased)),
      ])
    }
    console.out(table.render(width: console.width))
  }
}
