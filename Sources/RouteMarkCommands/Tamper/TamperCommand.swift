import ArgumentParser
import Examinations
import Tampering

/// `routemark tamper`: change a model as somebody would who hides where it comes from.
struct TamperCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tamper",
    abstract: "Change a model as somebody would who hides where it comes from.",
    discussion: """
      EXAMPLE
        routemark tamper prune --model victim --sparsity 0.3 -o pruned
        routemark tamper delete --model victim --expert cars -o without-cars

      Works on an expert's folder or on a merged model and writes another folder; the input is never \
      changed. What was done is recorded under `tampering` in the output's `config.json`, so that \
      operations can be chained. A tampered mixture is written in full. --dry-run says what would \
      change.
      """,
    subcommands: [
      ReplaceCommand.self, AddCommand.self, DeleteCommand.self, CloneCommand.self,
      TieCommand.self, ShuffleCommand.self, PruneCommand.self, PermuteCommand.self,
      RewriteCommand.self, QuantizeCommand.self, NoiseCommand.self, BlendCommand.self,
      ScaleRouterCommand.self,
      ShiftRouterCommand.self, FinetuneCommand.self,
    ])
}

/// Options of all operations.
struct TamperOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The model to start from.", valueName: "dir"))
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write; not needed with --dry-run.", valueName: "dir"))
  var output: String?

  @Flag(name: .long, help: "Say what would change and write nothing.")
  var dryRun = false

  @Option(name: .long, help: "Element type of the output: f32, f16 or bf16.")
  var elementType: ModelElementType = .f32

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if output == nil, !dryRun {
      throw ValidationError("Name the folder to write with -o DIR, or pass --dry-run.")
    }
  }

  /// Does the operation, or previews it, and prints what changed.
  func run(_ operation: TamperingRequest.Operation, experts: [String] = []) throws {
    let report = try TamperingRequest(
      model: model, operation: operation, experts: experts,
      output: dryRun ? nil : output.map { outputs.place($0) }, elementType: elementType
    ).run(common.examiner)
    try TamperingSummary(report).print(common)
  }
}

/// A report as the command prints it.
struct TamperingSummary: Encodable {
  let schema = "routemark.tampering/1"
  let dryRun: Bool
  let changedTensorCount: Int
  let tensorCount: Int
  let changedNumberCount: Int
  let numberCount: Int
  let report: TamperingReport

  init(_ report: TamperingReport) {
    self.report = report
    dryRun = report.output == nil
    changedTensorCount = report.changedTensors.count
    tensorCount = report.changes.count
    changedNumberCount = report.changedCount
    numberCount = report.elementCount
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    let verb = dryRun ? "would change" : "changed"
    console.line("\(report.record.operation)  \(report.model)")
    console.line("input        \(report.record.inputDigest)")
    if let seed = report.record.seed { console.line("seed         \(seed)") }
    if let before = report.expertsBefore, let after = report.expertsAfter {
      console.line("experts      \(before.joined(separator: ", "))")
      if before != after { console.line("  now        \(after.joined(separator: ", "))") }
    }
    console.line(
      "tensors      \(verb) \(changedTensorCount) of \(tensorCount), "
        + "\(changedNumberCount) of \(numberCount) numbers")
    for change in report.changedTensors where dryRun {
      console.line(
        "  \(change.name)  \(change.kind.rawValue)  \(change.changedCount)/\(change.elementCount)")
    }
    for note in report.notes { console.line("note         \(note)") }
    if let output = report.output {
      console.line("written      \(output)")
      let next = report.expertsAfter == nil ? "inspect" : "capture --suite suite.json --model"
      console.note("next: routemark \(next) \(output)")
    } else {
      console.line("nothing was written")
    }
  }
}

extension RouterTreatment: ExpressibleByArgument {}
extension TowerRewrite.Kind: ExpressibleByArgument {}
