import Diagnostics
import Probes
import RoutedModels
import Tensors
import VisionTransformers

/// Takes the images of a task through a tower, for zero-shot heads.
struct ZeroShotFeatures {
  let model: String
  let images: TaskImages
  /// Length of a feature.
  let width: Int

  /// Computes the features of the first `count` images, in order.
  ///
  /// - Parameter body: takes a sample's number and its feature, not normalised.
  /// - Throws: `ImageError`; ``TrainingInputError/noProjection(model:)``,
  ///   ``TrainingInputError/nonFiniteFeature(model:task:sample:)``; what `body` throws.
  func forEach(
    _ count: Int, of tower: VisionTower, batch: Int, pool: WorkerPool,
    progress: ProgressHandler, _ body: (Int, ArraySlice<Float>) throws -> Void
  ) throws {
    for start in stride(from: 0, to: count, by: batch) {
      let range = start..<min(start + batch, count)
      let features = try tower.forward(
        sampleCount: range.count, request: .features, pool: pool, kernels: Kernels()
      ) { [images] sample, pixels in
        try images.write(range.lowerBound + sample, into: pixels)
      }.features  // [S, P]
      guard features.count == range.count * width else {
        throw TrainingInputError.noProjection(model: model)
      }
      for sample in range {
        let first = (sample - start) * width
        let row = features[first..<(first + width)]
        guard row.allSatisfy(\.isFinite) else {
          throw TrainingInputError.nonFiniteFeature(
            model: model, task: images.name, sample: images.source.samples[sample].key)
        }
        try body(sample, row)
      }
      progress(range.upperBound, count)
    }
  }
}
