import ModelMerging
import Probes
import RoutedModels
import Tensors
import Training
import VisionTransformers

/// A model whose answers are learned instead of labels: distillation.
struct Teacher {
  /// The model, of any form.
  let folder: ModelFolder
  let pool: WorkerPool

  /// Its class probabilities of every image of a task, in order.
  ///
  /// - Throws: what reading the model and the images throws; ``TrainingInputError``.
  func answers(
    _ images: TaskImages, head: HeadFile.Head, examiner: Examiner
  ) throws -> [SampleTarget] {
    let own = try prepared(images, head: head)
    let tower = try folder.tower()
    return try examiner.stage("asking the teacher") { stage in
      var targets: [SampleTarget] = []
      try ZeroShotFeatures(model: folder.path, images: own, width: head.width).forEach(
        own.source.samples.count, of: tower, batch: 32, pool: pool, progress: stage.handler
      ) { _, feature in
        targets.append(.probabilities(head.probabilities(feature)))
      }
      return targets
    }
  }

  /// A task's images as the teacher takes them, when it can answer with this head.
  ///
  /// - Throws: ``TrainingInputError/teacherWidth(teacher:task:expected:actual:)``, `ImageError`,
  ///   `ProbeSuiteError.imageSizeMismatch`.
  func prepared(_ images: TaskImages, head: HeadFile.Head) throws -> TaskImages {
    guard folder.configuration.projectionSize == head.width else {
      throw TrainingInputError.teacherWidth(
        teacher: folder.path, task: images.name, expected: head.width,
        actual: folder.configuration.projectionSize)
    }
    return try images.prepared(for: folder)
  }
}
