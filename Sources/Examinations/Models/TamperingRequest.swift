import Documents
import Foundation
import ModelMerging
import Probes
import RoutedModels
import Tampering
import Tensors
import VisionTransformers

/// Changes a model as somebody would who hides where it comes from.
public struct TamperingRequest: ExaminationRequest {
  /// What is done.
  public enum Operation: Sendable {
    /// Put another expert in an expert's place.
    case replace(expert: String, by: NamedPath, router: RouterTreatment, seed: UInt64)
    /// Append an expert.
    case add(NamedPath, router: RouterTreatment, seed: UInt64)
    /// Remove an expert and its gate rows.
    case delete(expert: String, router: RouterTreatment, seed: UInt64)
    /// Duplicate an expert and its gate rows, with noise relative to each tensor's rms.
    case clone(expert: String, noise: Double, seed: UInt64)
    /// Give several experts one content, their mean.
    case tie(experts: [String])
    /// Renumber the experts differently in every layer.
    case shuffle(seed: UInt64)
    /// Set a share of the weights to zero, the smallest of each matrix.
    case prune(sparsity: Double)
    /// The same by |W| * ||x|| within each output row, with inputs from `count` images in all.
    case wanda(WandaPruning.Pattern, images: [NamedPath], count: Int, threads: Int?)
    /// Renumber hidden units and attention heads.
    case permute(seed: UInt64)
    /// Write the tower in another way that computes the same; `count` hidden units where that matters.
    case rewrite(TowerRewrite.Kind, count: Int?, seed: UInt64?)
    /// Round weights to 8, 4 or 3 bits and back, row by row.
    case quantize(bits: Int)
    /// Add Gaussian noise relative to each tensor's rms.
    case noise(sigma: Double, seed: UInt64)
    /// Mix another tower's weights in; `ratio` is its share.
    case blend(with: String, ratio: Double)
    /// Multiply all router logits.
    case scaleRouter(factor: Double)
    /// Add constants to experts' router logits.
    case shiftRouter([String: Double])
  }

  /// The model to start from.
  public var model: String
  /// What is done to it.
  public var operation: Operation
  /// Which experts of a merge an operation on weights is for; all when empty.
  public var experts: [String]
  /// The folder to write; `nil` only says what would change.
  public var output: OutputPlace?
  /// Element type of the output.
  public var elementType: ModelElementType

  /// A request.
  public init(
    model: String, operation: Operation, experts: [String] = [], output: OutputPlace?,
    elementType: ModelElementType = .f32
  ) {
    self.model = model
    self.operation = operation
    self.experts = experts
    self.output = output
    self.elementType = elementType
  }

  /// Does the operation, or previews it.
  ///
  /// - Throws: `TamperingError`, `MergeError`, `CheckpointError`, `ImageError`, `FileError`.
  public func run(_ examiner: Examiner) throws -> TamperingReport {
    let inputs = OpenedInputs(examiner)
    let folder = try inputs.model(model)
    let operation = try made(for: folder, inputs)
    return try examiner.stage("tampering") { stage in
      let tampering = try ModelTampering(
        of: folder, by: operation, experts: experts, tool: examiner.tool)
      guard let output else { return try tampering.preview(progress: stage.handler) }
      return try tampering.write(
        to: output.path, elementType: elementType.elementType, replacing: output.replacing,
        progress: stage.handler)
    }
  }

  private func made(
    for folder: ModelFolder, _ inputs: OpenedInputs
  ) throws -> any TamperingOperation {
    func newExpert(_ place: NamedPath) throws -> NewExpert {
      try NewExpert(name: place.name, model: inputs.model(place.path))
    }
    switch operation {
    case .replace(let expert, let place, let router, let seed):
      return ExpertReplacement(
        expert: expert, by: try newExpert(place), router: router, seed: seed)
    case .add(let place, let router, let seed):
      return ExpertAddition(try newExpert(place), router: router, seed: seed)
    case .delete(let expert, let router, let seed):
      return ExpertDeletion(expert: expert, router: router, seed: seed)
    case .clone(let expert, let noise, let seed):
      return try ExpertCloning(expert: expert, sigma: noise, seed: seed)
    case .tie(let experts): return try ExpertTying(experts: experts)
    case .shuffle(let seed):
      guard let mixture = folder.mixture else {
        throw TamperingError.notAMixture(path: folder.path, operation: "shuffle")
      }
      return ExpertShuffling(
        seed: seed, expertCount: mixture.experts.count,
        layerCount: folder.configuration.hiddenLayerCount)
    case .prune(let sparsity): return try MagnitudePruning(sparsity: sparsity)
    case .wanda(let pattern, let images, let count, let threads):
      return try WandaPruning(
        pattern: pattern, images: calibrationImages(images, count: count, for: folder),
        pool: WorkerPool(threads: threads))
    case .permute(let seed): return UnitPermutation(seed: seed)
    case .rewrite(let kind, let count, let seed):
      return try TowerRewrite(
        kind, count: count, seed: seed ?? UInt64.random(in: 0..<1 << 53))
    case .quantize(let bits): return try Quantization(bits: bits)
    case .noise(let sigma, let seed): return try WeightNoise(sigma: sigma, seed: seed)
    case .blend(let other, let ratio):
      return try Blending(with: inputs.model(other), ratio: ratio)
    case .scaleRouter(let factor): return try RouterScaling(factor: factor)
    case .shiftRouter(let shifts): return try RouterShifting(shifts)
    }
  }

  /// The first images of every source, as many of each as goes, earlier sources one more.
  private func calibrationImages(
    _ sources: [NamedPath], count wanted: Int, for model: ModelFolder
  ) throws -> CalibrationImages {
    let preprocessor = try ImagePreprocessor(
      ofModel: model.path, imageSize: model.configuration.imageSize)
    var pixels: [Float] = []
    var origin: [JSONValue] = []
    var total = 0
    for (index, named) in sources.enumerated() {
      let source = try ProbeSource(path: named.path)
      let share = wanted / sources.count + (index < wanted % sources.count ? 1 : 0)
      let count = min(share, source.samples.count)
      for sample in 0..<count { pixels += preprocessor.pixels(try source.image(at: sample)) }
      total += count
      origin.append(
        .object([
          "name": .string(named.name), "path": .string(named.path), "count": .integer(count),
        ]))
    }
    return try CalibrationImages(
      pixels: pixels, count: total, configuration: model.configuration, origin: .array(origin),
      files: sources.map(\.path))
  }
}
