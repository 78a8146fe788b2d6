import Baselines
import Diagnostics
import ModelMerging
import Probes
import RoutedModels
import Tensors
import VisionTransformers

/// Runs a model, plain or merged, over a probe suite and keeps its class tokens.
///
///     let states = try HiddenStateCapture(model: model, suite: suite).states(batch: 64, pool: pool)
public struct HiddenStateCapture: Sendable {
  private let path: String
  private let tower: VisionTower
  private let pixels: SuitePixels

  /// Opens the model and checks that the suite's images fit it.
  ///
  /// - Throws: `ProbeSuiteError.imageSizeMismatch`, `MergeError`,
  ///   `VisionModelError`, `CheckpointError`, `ImageError`.
  public init(model: ModelFolder, suite: OpenSuite) throws {
    pixels = try SuitePixels(
      suite, forModel: model.path, imageSize: model.configuration.imageSize)
    path = model.path
    tower = try model.tower()
  }

  /// The class token of every image after every layer; it depends neither on `batch` nor on `pool`.
  ///
  /// - Throws: `ImageError`, `BaselineError.nonFiniteState`.
  public func states(
    batch: Int, pool: WorkerPool, progress: ProgressHandler? = nil
  ) throws -> ClassTokenStates {
    let (L, D) = (tower.configuration.hiddenLayerCount, tower.configuration.hiddenSize)
    let S = pixels.suite.sampleCount
    var values = [Float](repeating: 0, count: L * S * D)  // [L, S, D]
    for start in stride(from: 0, to: S, by: batch) {
      let count = min(batch, S - start)
      let outputs = try tower.forward(
        sampleCount: count, request: .hiddenStates, pool: pool, kernels: Kernels()
      ) { try pixels.write(start + $0, into: $1) }
      for layer in 0..<L {
        let target = (layer * S + start) * D
        values.replaceSubrange(
          target..<target + count * D,
          with: outputs.hiddenStates[layer * count * D..<(layer + 1) * count * D])
      }
      progress?(start + count, S)
    }
    return try ClassTokenStates(
      model: path, layerCount: L, sampleCount: S, width: D, values: values)
  }
}
