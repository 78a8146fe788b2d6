import ArgumentParser
import Calibration

/// How p-values become verdicts, recorded in what is written.
struct VerdictRuleOptions: ParsableArguments {
  @Option(
    name: .long, help: "Which p-value decides: parametric, pooledConformal or withinTask.")
  var statistic = CalibrationOptions.standard.statistic

  @Option(
    name: .long,
    help: ArgumentHelp("Adjusted p up to which: unlike other people's work.", valueName: "0-1"))
  var level = CalibrationOptions.standard.consistentLevel

  @Option(
    name: .long,
    help: ArgumentHelp("p above which: no evidence of reuse.", valueName: "0-1"))
  var noneLevel = CalibrationOptions.standard.noEvidenceLevel

  @Option(
    name: .long,
    help: ArgumentHelp("Functional residual below which: not consistent.", valueName: "-1-1"))
  var leastResidual = CalibrationOptions.standard.leastFunctionalResidual

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The same where no null is explained as badly as the victim (default: 0.6).",
      valueName: "-1-1"))
  var leastUncoveredResidual: Double?

  /// The rule, with a way to compare routing.
  ///
  /// - Throws: `CalibrationError.optionOutOfRange`.
  func options(
    routing: RoutingResidualOptions = RoutingResidualOptions()
  ) throws -> CalibrationOptions {
    try CalibrationOptions(
      statistic: statistic, consistentLevel: level, noEvidenceLevel: noneLevel,
      leastFunctionalResidual: leastResidual,
      leastUncoveredResidual: leastUncoveredResidual
        ?? max(leastResidual, CalibrationOptions.standard.leastUncoveredResidual),
      routing: routing)
  }
}

/// Choices against what somebody may have done to a router.
struct RoutingResidualOptionsGroup: ParsableArguments {
  @Option(
    name: .long,
    help: "Against constants added to experts: experts or expertsAndTasks.")
  var routingCentring: RoutingResidualOptions.Centring = .experts

  @Option(name: .long, help: "Against experts shuffled in every layer: byExpert or byLayer.")
  var routingMatching: RoutingResidualOptions.Matching = .byExpert

  @Option(name: .long, help: "Against temperatures of single layers: asRecorded or unitLayers.")
  var routingScaling: RoutingResidualOptions.Scaling = .asRecorded

  var options: RoutingResidualOptions {
    RoutingResidualOptions(
      centring: routingCentring, matching: routingMatching, scaling: routingScaling)
  }
}

extension CalibrationOptions.Statistic: ExpressibleByArgument {}
extension RoutingResidualOptions.Centring: ExpressibleByArgument {}
extension RoutingResidualOptions.Matching: ExpressibleByArgument {}
extension RoutingResidualOptions.Scaling: ExpressibleByArgument {}
