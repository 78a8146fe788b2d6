import ArgumentParser
import Examinations

/// Options that calibrate a comparison with null experts.
struct NullEvidenceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("A pool of nulls: p-values, and same-task innocents.", valueName: "dir"))
  var nulls: String?

  @Option(
    name: .long, help: ArgumentHelp("The pool's base model: compare weights.", valueName: "dir"))
  var base: String?

  @OptionGroup var weights: WeightEvidenceOptions
  @OptionGroup var rule: VerdictRuleOptions
  @OptionGroup var routing: RoutingResidualOptionsGroup

  /// The nulls that a comparison is calibrated with; `nil` without a pool.
  ///
  /// - Throws: `CalibrationError.optionOutOfRange`.
  func nullPool() throws -> AttributionRequest.Nulls? {
    try nulls.map {
      AttributionRequest.Nulls(
        pool: $0, base: base, responseProbes: weights.responseProbes,
        rule: try rule.options(routing: routing.options))
    }
  }

  func validate() throws {
    if nulls == nil, base != nil { throw ValidationError("--base needs a pool: --nulls DIR.") }
  }
}
