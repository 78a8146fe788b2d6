import Diagnostics
import ModelMerging
import RoutedModels
import Training
import VisionTransformers

/// What a fine-tuning would train, after every check that a run begins with.
public struct FinetunePreview: Encodable, Sendable {
  /// The schema of the JSON.
  public let schema = "routemark.finetune-preview/1"
  /// The model's folder.
  public let model: String
  /// Digest of the model that training would start from.
  public let inputDigest: Digest
  /// Digest of the model whose answers would be learned; `nil` for labels.
  public let teacher: Digest?
  /// The tasks in order.
  public let tasks: [String]
  /// Optimiser steps.
  public let steps: Int
  /// Names of the tensors that change.
  public let trainedTensors: [String]
  /// Tensors, trained and frozen.
  public let tensorCount: Int
  /// Numbers that change.
  public let trainedNumberCount: Int
  /// Numbers, trained and frozen.
  public let numberCount: Int

  enum CodingKeys: String, CodingKey {
    case schema, model, teacher, tasks, steps
    case inputDigest = "input_sha256"
    case trainedTensors = "trained_tensors"
    case tensorCount = "tensor_count"
    case trainedNumberCount = "trained_number_count"
    case numberCount = "number_count"
  }

  /// - Throws: what the run itself would throw before its first step.
  init(_ request: FinetuningRequest, _ folder: ModelFolder, teacher: Teacher?) throws {
    _ = try request.course.settings(seed: request.course.seed ?? 0)
    let images = try TaskImages.open(request.data, for: folder)
    let heads = try HeadFile(path: request.head)
    for images in images {
      let head = try heads.head(of: images.name, width: folder.configuration.projectionSize)
      if let teacher {
        _ = try teacher.prepared(images, head: head)
      } else {
        _ = try images.labels(for: head)
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
      frozen = trained + (request.frozenGates ? gates : [])
      trained =
        TaskVectorLayout(shape, experts: experts).parameters.entries
        + (request.frozenGates ? [] : gates)
    }
    model = folder.path
    inputDigest = try folder.digest()
    self.teacher = try teacher?.folder.digest()
    tasks = images.map(\.name)
    steps = request.course.steps
    trainedTensors = trained.map(\.name)
    tensorCount = trained.count + frozen.count
    trainedNumberCount = trained.reduce(0) { $0 + $1.count }
    numberCount = (trained + frozen).reduce(0) { $0 + $1.count }
  }
}
