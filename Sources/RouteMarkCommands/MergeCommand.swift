import ArgumentParser
import Examinations
import ModelMerging

/// `routemark merge`: make a WEMoE from a base model and experts.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Merge experts into a mixture of experts (WEMoE), or into one plain tower.",
    discussion: """
      EXAMPLE
        routemark merge --base zoo/base --expert scene15=zoo/scene15 --expert cars=zoo/cars \\
          --gates victim.gates.safetensors -o victim

      Writes a recipe, which names its parts by path and digest, or with --full a copy under \
      fusion_bench's tensor names. Without --gates the gates are freshly initialised from --seed. \
      Scaling and routing default to what the gates file says, else to 0.3 and softmax.

      The other methods are static: task-arithmetic (scaling 0.3), weight-average and ties (scaling \
      1, --trim 0.2) write one plain tower without a router, to compare mixtures with.
      """)

  @Option(
    name: .long,
    help: "How to merge: wemoe, task-arithmetic, weight-average or ties.")
  var method: MergeMethod = .wemoe

  @Option(name: .long, help: ArgumentHelp("The model the experts come from.", valueName: "dir"))
  var base: String

  @Option(name: .long, help: ArgumentHelp("An expert's name and folder.", valueName: "name=dir"))
  var expert: [NamedPath] = []

  @Option(name: .long, help: ArgumentHelp("Trained gates.", valueName: "file"))
  var gates: String?

  @Flag(name: .long, help: "Use gates by position although they were trained for other experts.")
  var reuseGates = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Lambda; a mixture uses it outside of the MLPs only.", valueName: "number"))
  var scaling: Float?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The share of each task vector that ties keeps (default: 0.2).", valueName: "share"))
  var trim: Double?

  @Option(name: .long, help: "What happens to the gates' output: softmax or raw.")
  var routing: RoutingMode?

  @Option(name: .long, help: ArgumentHelp("Depth of fresh gates: 0, 1 or 2.", valueName: "n"))
  var gateDepth = 2

  @Option(
    name: .long, help: ArgumentHelp("Seed of fresh gates (default: drawn).", valueName: "n"))
  var seed: UInt64?

  @Flag(name: .long, help: "Write a full copy instead of a recipe.")
  var full = false

  @Option(name: .long, help: "Element type of a full copy or static merge: f32, f16 or bf16.")
  var elementType: ModelElementType = .f32

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var outputs: OutputOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if expert.isEmpty { throw ValidationError("Name at least one expert with --expert NAME=DIR.") }
    if trim != nil, method != .ties {
      throw ValidationError("--trim belongs to --method ties.")
    }
    if method.isStatic, gates != nil || reuseGates || routing != nil || full {
      throw ValidationError(
        "--method \(method.rawValue) makes a model without gates: "
          + "leave out --gates, --reuse-gates, --routing and --full.")
    }
  }

  func run() throws {
    var request = MergeRequest(
      requested, base: base, experts: expert, output: outputs.place(output))
    request.scaling = scaling
    request.elementType = elementType
    let made = try request.run(common.examiner)
    try made.model.print(common)
    let console = Console.current
    if method.isStatic {
      console.note(
        "next: routemark evaluate --model \(ShellWord.quoted(output)) --data NAME=TAR --head heads.safetensors"
      )
    } else if made.hasUntrainedGates {
      console.warn(
        "the gates are untrained: until they are trained, routing says nothing about the experts")
      console.note(
        "next: routemark adapt --model \(ShellWord.quoted(output)) --data NAME=TAR --head heads.safetensors -o adapted"
      )
    } else {
      console.note(
        "next: routemark capture --model \(ShellWord.quoted(output)) --suite suite.json -o x.trace.safetensors"
      )
    }
  }

  private var requested: MergeRequest.Method {
    if let method = method.staticMethod {
      return .tower(method, keptShare: trim ?? StaticMerge.defaultKeptShare)
    }
    var mixture = MergeRequest.Mixture()
    mixture.gates = gates
    mixture.reusesGates = reuseGates
    mixture.routing = routing
    mixture.freshDepth = gateDepth
    mixture.freshSeed = seed
    mixture.isFull = full
    return .mixture(mixture)
  }
}

extension RoutingMode: ExpressibleByArgument {}

/// The ways to merge, by their names on the command line.
enum MergeMethod: String, ExpressibleByArgument, CaseIterable {
  case wemoe
  case taskArithmetic = "task-arithmetic"
  case weightAverage = "weight-average"
  case ties

  /// The static method of that name; `nil` for a mixture.
  var staticMethod: StaticMerge.Method? { StaticMerge.Method(rawValue: rawValue) }

  var isStatic: Bool { staticMethod != nil }
}
