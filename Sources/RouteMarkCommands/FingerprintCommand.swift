import ArgumentParser
import Examinations
import RoutingFingerprints

/// `routemark fingerprint`: from a trace, or from a model and a suite.
struct FingerprintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fingerprint",
    abstract: "Condense router logits into the fingerprints of a model's experts.",
    discussion: """
      EXAMPLE
        routemark fingerprint --trace victim.trace.safetensors -o victim.fingerprint.json
        routemark fingerprint --model victim --suite suite.json -o victim.fingerprint.json

      Several --trace options are shards of one model and suite; their sums add up exactly.
      """)

  @Option(name: .long, help: ArgumentHelp("A trace, or a shard of one.", valueName: "file"))
  var trace: [String] = []

  @Option(name: .long, help: ArgumentHelp("A merged model.", valueName: "dir"))
  var model: String?

  @Option(name: .long, help: ArgumentHelp("The probe suite for --model.", valueName: "file"))
  var suite: String?

  @Option(name: .long, help: "What to record of a --model: logits or weights.")
  var signal: CaptureSignal = .logits

  @Option(name: .shortAndLong, help: ArgumentHelp("The fingerprint to write.", valueName: "file"))
  var output: String

  @OptionGroup var fingerprint: FingerprintOptionsGroup
  @OptionGroup var probes: ProbeBlockOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let fromModel = model != nil || suite != nil
    guard trace.isEmpty == fromModel else {
      throw ValidationError("Give either --trace FILE or --model DIR with --suite FILE.")
    }
    guard (model == nil) == (suite == nil) else {
      throw ValidationError("--model and --suite go together.")
    }
  }

  func run() throws {
    let source: FingerprintRequest.Source = model.map { .model($0) } ?? .traces(trace)
    let answer = try FingerprintRequest(
      source,
      settings: FingerprintSettings(
        suite: suite, signal: signal.signal, options: fingerprint.options, blocks: probes.blocks,
        engine: engine.settings, compute: compute.settings),
      output: outputs.place(output)
    ).answer(common.examiner)
    switch answer {
    case .experts(let result): try FingerprintInspection(path: output, result).print(common)
    case .sites(let result): try SiteInspection(path: output, result).print(common)
    }
    Console.current.note(
      "next: routemark attribute --victim \(ShellWord.quoted(output)) --suspect OTHER.fingerprint.json"
    )
  }
}
