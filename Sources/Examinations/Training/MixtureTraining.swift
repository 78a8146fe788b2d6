import ModelMerging
import RoutedModels
import Training
import VisionTransformers

/// What training a merged model takes, whatever of it is trained.

extension ModelFolder {
  /// The merged model in memory, with its own gates or others.
  ///
  /// - Throws: `MergeError`, `CheckpointError`, `TrainingError`, `VisionModelError`.
  func mergeable(gates: InitialGates? = nil) throws -> MergeableModel {
    guard let mixture else { throw MergeError.notAMixture(path: path) }
    guard let depth = GateDepth(rawValue: mixture.gateDepth) else {
      throw MergeError.unsupportedGateDepth(depth: mixture.gateDepth)
    }
    return try MergeableModel(
      merged: { try mixtureTensor($0.role, shape: $0.shape) },
      shape: TrainableTowerShape(configuration, file: path), experts: mixture.experts.count,
      routing: mixture.routing, depth: depth, gates: gates)
  }

  /// Tasks with their images, heads and targets.
  ///
  /// - Parameter cache: decoded pixels of `images`, which trainings of several models may share.
  /// - Throws: ``TrainingInputError``, `CheckpointError`, `TrainingError`; what asking a teacher
  ///   throws.
  func trainingTasks(
    _ images: [TaskImages], _ heads: HeadFile, towards source: TargetSource, cache: PixelCache,
    examiner: Examiner
  ) throws -> [TrainingTask] {
    try images.enumerated().map { index, images in
      let head = try heads.head(of: images.name, width: configuration.projectionSize)
      let targets = try source.targets(of: images, head: head, examiner: examiner)
      return TrainingTask(
        name: images.name,
        data: ProbeTrainingData(images, targets: targets, cache: cache, task: index),
        head: head.trainable)
    }
  }
}

extension ParameterStore {
  /// Every tensor by its name.
  var valuesByName: [String: [Float]] {
    Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, values($0)) })
  }
}
