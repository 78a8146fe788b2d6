import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// One encoder layer of a plain tower, with its MLP at hand.
struct CalibrationLayer: Sendable {
  let encoder: EncoderLayer
  let mlp: MLPWeights

  init(
    _ source: any TensorSource, layer: Int, _ configuration: VisionTowerConfiguration
  ) throws {
    mlp = try MLPWeights(source, layer: layer, configuration)
    encoder = try EncoderLayer(
      source, layer: layer, configuration,
      feedForward: DenseMLP(mlp, activation: configuration.activation(file: source.path)))
  }
}

/// ||x_j||_2 of every input of the four products of a layer, over all tokens of all images.
struct InputNorms: Sendable {
  /// Of the query, key and value maps, `[D]`.
  var attentionInput: [Double]
  /// Of attention's output map, `[D]`.
  var attentionOutput: [Double]
  /// Of the MLP's first map, `[D]`.
  var fc1: [Double]
  /// Of the MLP's second map, `[F]`.
  var fc2: [Double]

  /// The norms that belong to the columns of a weight.
  func of(_ role: TensorRole) -> [Double] {
    switch role.component {
    case .up: fc1
    case .down: fc2
    case .attentionOutput: attentionOutput
    default: attentionInput
    }
  }
}

/// Takes images through a tower one encoder layer at a time, as often as one likes.
///
/// The embedding and the weights of `VisionTower`, and its kernels in the same order; a layer is written
/// out because calibration needs what goes into every linear map. Numerics: sums of squares in Double for each image, added in the
/// order of the images; nothing depends on the number of threads.
package struct CalibrationPass: Sendable {
  private let configuration: VisionTowerConfiguration
  private let activation: Activation
  private let count: Int
  private let pool: WorkerPool
  private let kernels: Kernels
  /// The residual stream, `[S, T, D]`.
  private let hidden: FloatStorage

  /// Embeds the images.
  ///
  /// - Throws: the source's errors; `VisionModelError.unknownActivation`.
  package init(
    _ tower: any TensorSource, _ configuration: VisionTowerConfiguration,
    images: CalibrationImages, pool: WorkerPool, kernels: Kernels
  ) throws {
    self.configuration = configuration
    activation = try configuration.activation(file: tower.path)
    count = images.count
    self.pool = pool
    self.kernels = kernels
    let stride = configuration.tokenCount * configuration.hiddenSize
    hidden = FloatStorage(count: images.count * stride)
    let embedding = try TowerEmbedding(tower, configuration)
    let hidden = hidden
    pool.split(images.count) { _, range in
      let scratch = FloatStorage(count: stride)
      let patches = FloatStorage(
        count: configuration.patchCount * configuration.patchElementCount)
      // A storage may be freed after its last mention, even while its address is in use.
      withExtendedLifetime((patches, scratch, hidden)) {
        images.pixels.withUnsafeBufferPointer { pixels in
          guard let first = pixels.baseAddress else { return }
          for sample in range {
            embedding.embed(
              first + sample * configuration.pixelCount, samples: 1, patches: patches.pointer,
              scratch: scratch.pointer, into: hidden.pointer + sample * stride, kernels: kernels)
          }
        }
      }
    }
  }

  /// The sizes of the layer's inputs; the images stay before the layer.
  func inputNorms(_ layer: CalibrationLayer) -> InputNorms {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let nothing = InputNorms(
      attentionInput: [Double](repeating: 0, count: D),
      attentionOutput: [Double](repeating: 0, count: D), fc1: [Double](repeating: 0, count: D),
      fc2: [Double](repeating: 0, count: F))
    let partial = Mutex([InputNorms](repeating: nothing, count: count))
    pool.split(count) { _, range in
      let buffers = Buffers(configuration)
      withExtendedLifetime((buffers, layer, self)) {
        for sample in range {
          run(layer, sample, buffers)
          let squares = buffers.squares(configuration)
          partial.withLock { $0[sample] = squares }
        }
      }
    }
    return partial.withLock { partial in
      func norms(_ part: KeyPath<InputNorms, [Double]>, _ width: Int) -> [Double] {
        var sum = [Double](repeating: 0, count: width)
        for squares in partial {
          for index in 0..<width { sum[index] += squares[keyPath: part][index] }
        }
        return sum.map { $0.squareRoot() }
      }
      return InputNorms(
        attentionInput: norms(\.attentionInput, D), attentionOutput: norms(\.attentionOutput, D),
        fc1: norms(\.fc1, D), fc2: norms(\.fc2, F))
    }
  }

  /// Takes the images through the layer.
  func advance(_ layer: CalibrationLayer) {
    let stride = configuration.tokenCount * configuration.hiddenSize
    pool.split(count) { _, range in
      let buffers = Buffers(configuration)
      withExtendedLifetime((buffers, layer, self)) {
        for sample in range {
          run(layer, sample, buffers)
          (hidden.pointer + sample * stride).update(from: buffers.hidden.pointer, count: stride)
        }
      }
    }
  }

  /// Takes the images through a layer of a tower; for tests.
  package func advance(
    _ source: any TensorSource, layer: Int
  ) throws {
    advance(try CalibrationLayer(source, layer: layer, configuration))
  }

  /// The first token of every image as it is now, `[S, D]`.
  package var classTokens: [Float] {
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    return withExtendedLifetime(hidden) {
      (0..<count).flatMap { sample in (0..<D).map { hidden.pointer[sample * T * D + $0] } }
    }
  }

  /// What goes into every map of a layer, for one image.
  private struct Buffers {
    let hidden: FloatStorage  // [T, D]
    let normalized1: FloatStorage  // [T, D]
    let attentionInput: FloatStorage  // [T, 3D]
    let attention: FloatStorage  // [T, D]
    let normalized2: FloatStorage  // [T, D]
    let units: FloatStorage  // [T, F]
    let scratch: FloatStorage

    init(_ shape: VisionTowerConfiguration) {
      let (D, T) = (shape.hiddenSize, shape.tokenCount)
      hidden = FloatStorage(count: T * D)
      normalized1 = FloatStorage(count: T * D)
      attentionInput = FloatStorage(count: T * 3 * D)
      attention = FloatStorage(count: T * D)
      normalized2 = FloatStorage(count: T * D)
      units = FloatStorage(count: T * shape.intermediateSize)
      scratch = FloatStorage(
        count: Kernels.attentionScratchCount(
          tokens: T, width: D, heads: shape.attentionHeadCount))
    }

    /// Sums of squares over the tokens.
    func squares(_ shape: VisionTowerConfiguration) -> InputNorms {
      func sums(_ values: FloatStorage, _ width: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: width)
        for token in 0..<shape.tokenCount {
          for index in 0..<width {
            let value = Double(values.pointer[token * width + index])
            sums[index] += value * value
          }
        }
        return sums
      }
      let D = shape.hiddenSize
      return InputNorms(
        attentionInput: sums(normalized1, D), attentionOutput: sums(attention, D),
        fc1: sums(normalized2, D), fc2: sums(units, shape.intermediateSize))
    }
  }

  private func run(_ layer: CalibrationLayer, _ sample: Int, _ buffers: Buffers) {
    let (D, T, F) = (
      configuration.hiddenSize, configuration.tokenCount, configuration.intermediateSize
    )
    let epsilon = configuration.layerNormEpsilon
    let residual = buffers.hidden.pointer
    residual.update(from: hidden.pointer + sample * T * D, count: T * D)
    kernels.layerNorm(
      residual, rows: T, width: D, stride: D, gamma: layer.encoder.norm1.gamma.pointer,
      beta: layer.encoder.norm1.beta.pointer, epsilon: epsilon, into: buffers.normalized1.pointer)
    kernels.multiply(
      buffers.normalized1.pointer, rows: T, stride: D, by: layer.encoder.attentionInput,
      bias: layer.encoder.attentionInputBias.pointer, into: buffers.attentionInput.pointer,
      stride: 3 * D)
    kernels.attention(
      qkv: buffers.attentionInput.pointer, tokens: T, width: D,
      heads: configuration.attentionHeadCount, into: buffers.attention.pointer,
      scratch: buffers.scratch.pointer)
    kernels.multiply(
      buffers.attention.pointer, rows: T, stride: D, by: layer.encoder.attentionOutput,
      bias: layer.encoder.attentionOutputBias.pointer, accumulate: true, into: residual, stride: D)
    kernels.layerNorm(
      residual, rows: T, width: D, stride: D, gamma: layer.encoder.norm2.gamma.pointer,
      beta: layer.encoder.norm2.beta.pointer, epsilon: epsilon, into: buffers.normalized2.pointer)
    kernels.multiply(
      buffers.normalized2.pointer, rows: T, stride: D, by: layer.mlp.fc1,
      bias: layer.mlp.fc1Bias.pointer, activation: activation, into: buffers.units.pointer,
      stride: F)
    kernels.multiply(
      buffers.units.pointer, rows: T, stride: F, by: layer.mlp.fc2,
      bias: layer.mlp.fc2Bias.pointer, accumulate: true, into: residual, stride: D)
  }
}
