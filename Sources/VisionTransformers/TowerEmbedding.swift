import RoutedModels
import Tensors

/// From an image to tokens: patches, the class token where there is one, positions, and the norm before
/// the first layer where there is one.
package struct TowerEmbedding: Sendable {
  private let configuration: VisionTowerConfiguration
  private let patchEmbedding: PackedMatrix  // [D, 3pp]
  private let patchBias: FloatStorage?  // [D]
  private let classEmbedding: FloatStorage?  // [D]
  private let positionEmbedding: FloatStorage  // [T, D]
  private let norm: LayerNormWeights?

  package init(
    _ source: some TensorSource, _ configuration: VisionTowerConfiguration,
    precision: Precision = .f32
  ) throws {
    self.configuration = configuration
    let (D, p) = (configuration.hiddenSize, configuration.patchSize)
    patchEmbedding = try source.matrix(
      [TensorRole(.patchEmbedding)], shape: [D, configuration.channelCount, p, p],
      precision: precision)
    patchBias =
      configuration.hasPatchBias
      ? FloatStorage(try source.tensor(TensorRole(.patchEmbedding, .bias), shape: [D])) : nil
    classEmbedding =
      configuration.hasClassToken
      ? FloatStorage(try source.tensor(TensorRole(.classEmbedding), shape: [D])) : nil
    positionEmbedding = FloatStorage(
      try source.tensor(
        TensorRole(.positionEmbedding), shape: [configuration.tokenCount, D]))
    norm =
      configuration.hasEmbeddingNorm
      ? try LayerNormWeights(source, .embeddingNorm, width: D) : nil
  }

  /// Turns images into tokens, sample by sample.
  ///
  /// Shapes: `pixels` is `[S, 3, H, W]`, `patches` has room for `[S, GG, 3pp]`, `scratch` and `hidden` for
  /// `[S, T, D]`.
  package func embed(
    _ pixels: UnsafePointer<Float>, samples: Int, patches: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, into hidden: UnsafeMutablePointer<Float>,
    kernels: Kernels
  ) {
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    let (P, count) = (configuration.patchElementCount, configuration.patchCount)
    let embedded = norm == nil ? hidden : scratch
    for sample in 0..<samples {
      let own = patches + sample * count * P
      cut(pixels + sample * configuration.pixelCount, into: own)
      let tokens = embedded + sample * T * D
      var first = tokens
      if let classEmbedding {
        tokens.update(from: classEmbedding.pointer, count: D)
        first += D
      }
      kernels.multiply(
        own, rows: count, stride: P, by: patchEmbedding, bias: patchBias?.pointer, into: first,
        stride: D)
      for index in 0..<(T * D) { tokens[index] += positionEmbedding.pointer[index] }
    }
    guard let norm else { return }
    kernels.layerNorm(
      embedded, rows: samples * T, width: D, stride: D, gamma: norm.gamma.pointer,
      beta: norm.beta.pointer, epsilon: configuration.layerNormEpsilon, into: hidden)
  }

  /// The patches of one image `[3, H, W]`, row by row, each `[3, p, p]`.
  private func cut(
    _ image: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>
  ) {
    let (G, p, side) = (
      configuration.gridSize, configuration.patchSize, configuration.imageSize
    )
    for row in 0..<G {
      for column in 0..<G {
        let patch = patches + (row * G + column) * configuration.patchElementCount
        for line in 0..<(configuration.channelCount * p) {
          let (channel, y) = (line / p, row * p + line % p)
          let source = image + (channel * side + y) * side + column * p
          (patch + line * p).update(from: source, count: p)
        }
      }
    }
  }
}
