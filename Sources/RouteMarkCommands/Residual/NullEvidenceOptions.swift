import ArgumentParser
import Examinations

/// Options that calibrate a comparison with null experts.
struct NullEvidenceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("A pool of nulls: p-values, and same-task innocents.", valueName: "dir"))
  var nulls: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Re-runs of a victim expert: an exact p-value. Repeatable.", valueName: "dir"))
  var reruns: [String] = []

  @Option(
    name: .long, help: ArgumentHelp("The base model: compare weights.", valueName: "dir"))
  var base: String?

  @OptionGroup var weights: WeightEvidenceOptions
  @OptionGroup var rule: VerdictRuleOptions
  @OptionGroup var routing: RoutingResidualOptionsGroup

  /// The nulls and re-runs of a comparison; `nil` without any.
  ///
  /// - Throws: `CalibrationError.optionOutOfRange`.
  func nullPool() throws -> AttributionRequest.Nulls? {
    guard nulls != nil || !reruns.isEmpty else { return nil }
    return AttributionRequest.Nulls(
      pool: nulls, reruns: reruns, base: base, responseProbes: weights.responseProbes,
      rule: try rule.options(routing: routing.options))
  }

  func validate() throws {
    if nulls == nil, reruns.isEmpty, base != nil {
      throw ValidationError("--base needs re-runs or a pool: --reruns DIR or --nulls DIR.")
    }
    if !reruns.isEmpty, base == nil { throw ValidationError("--reruns needs --base DIR.") }
  }
}
