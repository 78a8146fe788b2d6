import Diagnostics
import RoutedModels
import Tensors
import VisionTransformers

/// Counts the images of a task that a tower and a head classify right.
struct ZeroShotEvaluation {
  let model: String
  let images: TaskImages
  let labels: [Int]
  let head: HeadFile.Head
  /// Images to classify, from the first.
  let count: Int

  /// The number of right classes.
  ///
  /// - Throws: what ``ZeroShotFeatures/forEach(_:of:batch:pool:progress:_:)`` throws.
  func correct(
    _ tower: VisionTower, batch: Int, pool: WorkerPool, progress: ProgressHandler
  ) throws -> Int {
    var correct = 0
    try ZeroShotFeatures(model: model, images: images, width: head.width).forEach(
      count, of: tower, batch: batch, pool: pool, progress: progress
    ) { sample, feature in
      if head.predict(feature) == labels[sample] { correct += 1 }
    }
    return correct
  }
}
