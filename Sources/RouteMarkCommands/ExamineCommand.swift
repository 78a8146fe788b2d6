import ArgumentParser
import Examinations
import SlotAttribution

/// `routemark examine`: which source each slot of a mixture comes from, by weights.
struct ExamineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "examine",
    abstract: "Say where every expert of a language model comes from, by its weights.",
    discussion: """
      EXAMPLE
        routemark examine --suspect mixture --victim german=experts/german --base SmolLM2-135M \\
          --against other=downloads/other -o case.json

      Suspect, victims and others are folders of decoders (Llama-type, or any mixture that `routemark \
      inspect` knows) or GGUF files. Each slot is set beside each candidate: digests of its slices in all \
      layers; in some layers responses of single experts to random tokens, beyond what the base and the \
      models named by --against explain; and single weights. Base and candidates are brought into the \
      suspect's form first: order of units, zeros, and the grid its weights were rounded to.

      "Identical to" means bytes that differ from the base's, or an exact multiple of them. "Matches the \
      weights of" is screening. The word reuse needs re-runs of the victim's own recipe with fresh seeds, \
      named by --rerun: they give an exact p-value, 99 of them one of 1 %.
      """)

  @Option(name: .long, help: ArgumentHelp("The model under examination.", valueName: "path"))
  var suspect: String

  @Option(name: .long, help: ArgumentHelp("An owner's expert, by name.", valueName: "name=path"))
  var victim: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("The dense model all come from.", valueName: "path"))
  var base: String

  @Option(
    name: .long,
    help: ArgumentHelp("Another public model of the base, by name.", valueName: "name=path"))
  var against: [NamedPath] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A re-run of a victim's recipe, by the victim.", valueName: "victim=path"))
  var rerun: [NamedPath] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Layers compared beyond digests: a number, or all.", valueName: "n"))
  var layers = "3"

  @Option(name: .long, help: ArgumentHelp("Random tokens of a layer.", valueName: "n"))
  var probes = 16

  @Option(
    name: .long,
    help: ArgumentHelp("Seed of the tokens (default: drawn by the system).", valueName: "n"))
  var seed: UInt64?

  @Option(name: .long, help: ArgumentHelp("Threads; results do not depend on it.", valueName: "n"))
  var threads: Int?

  @Option(name: .shortAndLong, help: ArgumentHelp("The case to write.", valueName: "case.json"))
  var output: String?

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if victim.isEmpty { throw ValidationError("Name at least one expert with --victim NAME=PATH.") }
    var seen: Set<String> = []
    for name in (victim + against).map(\.name) where !seen.insert(name).inserted {
      throw ValidationError("Two models have the name `\(name)`.")
    }
    let names = Set(victim.map(\.name))
    for run in rerun where !names.contains(run.name) {
      throw ValidationError(
        "--rerun \(run.name)=… names no victim. Name one of: \(names.sorted().joined(separator: ", "))."
      )
    }
    guard (1...4096).contains(probes) else {
      throw ValidationError("--probes is \(probes), expected 1 to 4096.")
    }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024.")
    }
    if let seed, seed >= 1 << 53 {
      throw ValidationError("--seed is \(seed), expected a number below 2^53.")
    }
    guard layers == "all" || Int(layers).map({ $0 > 0 }) == true else {
      throw ValidationError("--layers is `\(layers)`, expected a number above 0, or all.")
    }
  }

  func run() throws {
    // The name is checked before anything is computed.
    if let output { try outputs.check(output) }
    let result = try SlotRequest(
      suspect: suspect, victims: victim, base: base, others: against,
      reruns: rerun.map { SlotRequest.Rerun(victim: $0.name, path: $0.path) },
      layers: Int(layers).map { .spread($0) } ?? .all, probes: probes, seed: seed, threads: threads
    ).run(common.examiner)
    if let output {
      try OutputText.write(JSONOutput.data(result), to: output, force: outputs.force)
    }
    try result.print(common, path: output)
    if let output {
      Console.current.note("case: \(output) (check it with `routemark verify \(output)`)")
    }
  }
}
