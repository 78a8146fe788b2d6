import Diagnostics
import ModelMerging
import RoutedModels
import Training
import VisionTransformers

/// What `routemark finetune --dry-run` says, after every check that a run begins with: the tensors that
/// would be trained.
struct FinetunePreview: Encodable {
  let schema = "routemark.finetune-preview/1"
  let model: String
  let inputDigest: Digest
  let teacher: Digest?
  let tasks: [String]
  let steps: Int
  let trainedTensors: [String]
  let tensorCount: Int
  let trainedNumberCount: Int
  let numberCount: Int

  enum CodingKeys: String, CodingKey {
    case schema, model, teacher, tasks, steps
    case inputDigest = "input_sha256"
    case trainedTensors = "trained_tensors"
    case tensorCount = "tensor_count"
    case trainedNumberCount = "trained_number_count"
    case numberCount = "number_count"
  }

  /// - Throws: what the run itself would throw before its first step.
  init(_ command: FinetuneCommand, _ folder: ModelFolder) throws {
    _ = try command.settings()
    let images = try TaskImages.open(command.data, for: folder)
    let heads = try HeadFile(path: command.head)
    let teacher = try command.openTeacher()
    for images in images {
      let head = try heads.head(of: images.name, width: folder.configuration.projectionSize)
      if let teacher {
        _ = try teacher.prepared(images, head: head)
      } else {
        _ = try images.labels(classes: head.classes)
      }
    }
    let shape = try TrainableTowerShape(folder.configuration, file: folder.path)
    var (trained, frozen) = (shape.layout.entries, [ParameterLayout.Entry]())
    if let mixture = folder.mixture {
      guard let depth = GateDepth(rawValue: mixture.gateDepth) else {
        throw MergeError.unsupportedGateDepth(depth: mixture.gateDepth)
      }
      let experts = mixture.experts.count
      let gates = GateLayout(shape, depth: depth, experts: experts).parameters.entries
      frozen = trained + (command.frozenGates ? gates : [])
      trained =
        TaskVectorLayout(shape, experts: experts).parameters.entries
        + (command.frozenGates ? [] : gates)
    }
    model = folder.path
    inputDigest = try folder.digest()
    self.teacher = try teacher?.folder.digest()
    tasks = images.map(\.name)
    steps = command.steps
    trainedTensors = trained.map(\.name)
    tensorCount = trained.count + frozen.count
    trainedNumberCount = trained.reduce(0) { $0 + $1.count }
    numberCount = (trained + frozen).reduce(0) { $0 + $1.count }
  }

  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("finetune  \(model)")
    console.line("input        \(inputDigest)")
    if let teacher { console.line("teacher      \(teacher)") }
    console.line("tasks        \(tasks.joined(separator: ", ")), \(steps) steps")
    console.line(
      "tensors      would train \(trainedTensors.count) of \(tensorCount), "
        + "\(trainedNumberCount) of \(numberCount) numbers")
    for name in trainedTensors { console.line("  \(name)") }
    console.line("nothing was written")
  }
}
