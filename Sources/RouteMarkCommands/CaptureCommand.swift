import ArgumentParser
import Examinations
import RoutingFingerprints

/// `routemark capture`: record router logits.
struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Run a merged model over a probe suite and record its router logits.",
    discussion: """
      EXAMPLE
        routemark capture --model victim --suite suite.json -o victim.trace.safetensors

      The trace holds one logit per image, expert and layer. Results do not depend on --batch or \
      --threads. A suite can be captured in shards whose fingerprints add up: --shard 0/2, --shard 1/2.
      """)

  @Option(name: .long, help: ArgumentHelp("The merged model.", valueName: "dir"))
  var model: String

  @Option(name: .long, help: ArgumentHelp("The probe suite.", valueName: "file"))
  var suite: String

  @Option(name: .long, help: "What to record: logits or weights.")
  var signal: CaptureSignal = .logits

  @Option(name: .long, help: ArgumentHelp("Capture part I of N.", valueName: "i/n"))
  var shard = Shard(index: 0, count: 1)

  @Option(name: .shortAndLong, help: ArgumentHelp("The trace to write.", valueName: "file"))
  var output: String

  @OptionGroup var engine: EngineOptions
  @OptionGroup var compute: ComputeOptions
  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func run() throws {
    let trace = try CaptureRequest(
      model: model, suite: suite, output: outputs.place(output), signal: signal.signal,
      shard: (shard.index, shard.count), engine: engine.settings, compute: compute.settings
    ).run(common.examiner)
    try trace.print(common)
    Console.current.note(
      "next: routemark attribute --victim \(ShellWord.quoted(output)) --suspect OTHER.trace.safetensors"
    )
  }
}

/// `I/N`: part I of N, counted from 0.
struct Shard: ExpressibleByArgument, Sendable {
  let index: Int
  let count: Int

  init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
    self.init(index: index, count: count)
  }

  var defaultValueDescription: String { "\(index)/\(count)" }
}

/// The signals a capture can record.
enum CaptureSignal: String, ExpressibleByArgument, CaseIterable {
  case logits, weights

  var signal: RouterSignal {
    switch self {
    case .logits: .logits
    case .weights: .weights
    }
  }
}
