import Diagnostics
import ProbeImages
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
  /// - Throws: `ImageError`; ``TrainingCommandError/noProjection(model:)``,
  ///   ``TrainingCommandError/nonFiniteFeature(model:task:sample:)``.
  func correct(
    _ tower: CLIPVisionTower, batch: Int, pool: WorkerPool, progress: ProgressHandler
  ) throws -> Int {
    var correct = 0
    for start in stride(from: 0, to: count, by: batch) {
      let range = start..<min(start + batch, count)
      let features = try tower.forward(
        sampleCount: range.count, request: .features, pool: pool, kernels: Kernels()
      ) { [images] sample, pixels in
        try images.write(range.lowerBound + sample, into: pixels)
      }.features  // [S, P]
      guard features.count == range.count * head.width else {
        throw TrainingCommandError.noProjection(model: model)
      }
      for sample in range {
        let first = (sample - start) * head.width
        let row = features[first..<(first + head.width)]
        guard row.allSatisfy(\.isFinite) else {
          throw TrainingCommandError.nonFiniteFeature(
            model: model, task: images.name, sample: images.source.samples[sample].key)
        }
        if head.predict(row) == labels[sample] { correct += 1 }
      }
      progress(range.upperBound, count)
    }
    return correct
  }
}
