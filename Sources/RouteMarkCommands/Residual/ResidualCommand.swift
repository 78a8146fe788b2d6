import ArgumentParser
import Examinations

/// `routemark residual`: compare experts' weights with a victim's beyond what the task explains.
struct ResidualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "residual",
    abstract: "Test experts for reuse by what they have in common beyond independent work.",
    discussion: """
      EXAMPLE
        routemark residual --victim victim --suspect theirs/scene15=downloads/scene15 \\
          --suspect merge=suspect --nulls nulls --base zoo/base --suite suite.json
        routemark residual --victim my-scene15 --task scene15 --suspect theirs=downloads/scene15 \\
          --reruns reruns --base zoo/base --suite suite.json

      With --reruns the victim is ranked among re-runs of its own recipe (`routemark rerun`): an exact \
      p-value for every innocent, and the only one that a verdict of reuse rests on. Null experts are \
      screening: their p-values hold for innocents who trained as the nulls did.

      White box: needs the weights of all models. All experts are brought into the base model's \
      coordinates, so that rewrites that change no output change no number, and respond to its own \
      tokens on the probe images: MLPs, and attention by itself. What the null experts of a task span is \
      taken out of both sides; the cosine of the rest is ranked among nulls. A victim is a merge, or a plain \
      fine-tuned model of the task that its folder or --task names; a suspect is either. Pruned suspects are compared on the \
      weights they still have. p-values of one suspect are adjusted by Holm, the last column over all \
      suspects by Benjamini and Hochberg. A suspect that cannot be read is reported and the others are \
      examined; the exit code is then 2.
      """)

  @Option(name: .long, help: ArgumentHelp("The reference model.", valueName: "dir"))
  var victim: String

  @Option(
    name: .long,
    help: ArgumentHelp("Task of a plain victim (default: its folder's name).", valueName: "name"))
  var task: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A model under examination, by name.", valueName: "name=path"))
  var suspect: [NamedPath] = []

  @OptionGroup var weights: WeightEvidenceOptions
  @OptionGroup var probes: ProbeBlockOptions
  @OptionGroup var rule: VerdictRuleOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Re-runs of a victim expert: an exact p-value. Repeatable.", valueName: "dir"))
  var reruns: [String] = []

  @Option(name: .long, help: ArgumentHelp("The pool of nulls: screening.", valueName: "dir"))
  var nulls: String?

  @Option(name: .long, help: ArgumentHelp("The pool's base model.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("The probe suite.", valueName: "file"))
  var suite: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The JSON to write.", valueName: "file"))
  var output: String?

  @OptionGroup var compute: ComputeOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if suspect.isEmpty {
      throw ValidationError("Name at least one model with --suspect NAME=PATH.")
    }
    if nulls == nil, reruns.isEmpty {
      throw ValidationError("Name re-runs with --reruns DIR, or null experts with --nulls DIR.")
    }
    var seen: Set<String> = []
    for name in suspect.map(\.name) where !seen.insert(name).inserted {
      throw ValidationError("Two suspects have the name `\(name)`.")
    }
  }

  func run() throws {
    let report = try ResidualRequest(
      victim: victim, task: task, suspects: suspect, nulls: nulls, reruns: reruns, base: base,
      suite: suite,
      responseProbes: weights.responseProbes, blocks: probes.blocks, rule: rule.options(),
      compute: compute.settings
    ).run(common.examiner)
    if let output {
      try OutputText.write(JSONOutput.data(report), to: output, force: outputs.force)
    }
    try report.print(common)
    if let output { Console.current.note("residuals: \(output)") }
    report.reportFailures()
    if !report.failures.isEmpty { throw ExitCode(ExitStatus.failed) }
  }
}

/// How responses are taken.
struct WeightEvidenceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("Probe images of each task that experts respond to.", valueName: "n"))
  var responseProbes = 8

  func validate() throws {
    guard responseProbes >= 1 else {
      throw ValidationError("--response-probes is \(responseProbes), expected 1 or more.")
    }
  }
}
