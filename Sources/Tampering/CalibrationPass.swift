import RoutedModels
import Synchronization
import Tensors
import VisionTransformers

/// The weights of one encoder layer, laid out for the forward pass.
struct CalibrationLayer: Sendable {
  let gamma1: FloatStorage
  let beta1: FloatStorage
  let attentionInput: PackedMatrix  // [3D, D]
  let attentionInputBias: FloatStorage  // [3D]
  let attentionOutput: PackedMatrix  // [D, D]
  let attentionOutputBias: FloatStorage
  let gamma2: FloatStorage
  let beta2: FloatStorage
  let mlp: MLPWeights

  init(
    _ source: any TensorSource, layer: Int, _ configuration: VisionTowerConfiguration
  ) throws {
    let D = configuration.hiddenSize
    let name = EncoderTensors.name(ofLayer: layer)
    func vector(_ part: String) throws -> [Float] {
      try source.tensor("\(name).\(part)", shape: [D])
    }
    gamma1 = FloatStorage(try vector("layer_norm1.weight"))
    beta1 = FloatStorage(try vector("layer_norm1.bias"))
    gamma2 = FloatStorage(try vector("layer_norm2.weight"))
    beta2 = FloatStorage(try vector("layer_norm2.bias"))
    let projections = ["q_proj", "k_proj", "v_proj"].map { "self_attn.\($0)" }
    attentionInput = try source.matrix(
      projections.map { "\(name).\($0).weight" }, shape: [D, D], precision: .f32)
    attentionInputBias = FloatStorage(try projections.flatMap { try vector("\($0).bias") })
    attentionOutput = try source.matrix(
      ["\(name).self_attn.out_proj.weight"], shape: [D, D], precision: .f32)
    attentionOutputBias = FloatStorage(try vector("self_attn.out_proj.bias"))
    mlp = try MLPWeights(source, under: "\(name).mlp", configuration)
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
  func of(_ name: String) -> [Double] {
    if name.contains(".fc1.") { return fc1 }
    if name.contains(".fc2.") { return fc2 }
    return name.contains(".out_proj.") ? attentionOutput : attentionInput
  }
}

/// Takes images through a tower one encoder layer at a time, as often as one likes.
///
/// The same kernels in the same order as `VisionTower`, written out because calibration needs
/// what goes into every linear map. Numerics: sums of squares in Double for each image, added in the
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
    let (D, T, p) = (configuration.hiddenSize, configuration.tokenCount, configuration.patchSize)
    hidden = FloatStorage(count: images.count * T * D)
    let embeddings = "vision_model.embeddings"
    let patchEmbedding = try tower.matrix(
      ["\(embeddings).patch_embedding.weight"], shape: [D, 3, p, p], precision: .f32)
    let classEmbedding = try tower.tensor("\(embeddings).class_embedding", shape: [D])
    let positions = try tower.tensor(
      "\(embeddings).position_embedding.weight", shape: [T, D])
    let gamma = try tower.tensor("vision_model.pre_layrnorm.weight", shape: [D])
    let beta = try tower.tensor("vision_model.pre_layrnorm.bias", shape: [D])
    let hidden = hidden
    pool.split(images.count) { _, range in
      let embedded = FloatStorage(count: T * D)
      for sample in range {
        let patches = FloatStorage(Self.patches(of: sample, images, configuration))
        // A storage may be freed after its last mention, even while its address is in use.
        withExtendedLifetime((patches, embedded, hidden)) {
          embedded.pointer.update(from: classEmbedding, count: D)
          kernels.multiply(
            patches.pointer, rows: T - 1, stride: configuration.patchElementCount,
            by: patchEmbedding, bias: nil, into: embedded.pointer + D, stride: D)
          for index in 0..<(T * D) { embedded.pointer[index] += positions[index] }
          kernels.layerNorm(
            embedded.pointer, rows: T, width: D, stride: D, gamma: gamma, beta: beta,
            epsilon: configuration.layerNormEpsilon, into: hidden.pointer + sample * T * D)
        }
      }
    }
  }

  /// The patches of one image, `[GG, 3pp]`.
  private static func patches(
    of sample: Int, _ images: CalibrationImages, _ configuration: VisionTowerConfiguration
  ) -> [Float] {
    let (G, p, side) = (
      configuration.gridSize, configuration.patchSize, configuration.imageSize
    )
    let image = sample * configuration.pixelCount
    var patches: [Float] = []
    patches.reserveCapacity(G * G * configuration.patchElementCount)
    for row in 0..<G {
      for column in 0..<G {
        for line in 0..<(3 * p) {
          let (channel, y) = (line / p, row * p + line % p)
          let start = image + (channel * side + y) * side + column * p
          patches += images.pixels[start..<start + p]
        }
      }
    }
    return patches
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

  /// The class token of every image as it is now, `[S, D]`.
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
      residual, rows: T, width: D, stride: D, gamma: layer.gamma1.pointer,
      beta: layer.beta1.pointer, epsilon: epsilon, into: buffers.normalized1.pointer)
    kernels.multiply(
      buffers.normalized1.pointer, rows: T, stride: D, by: layer.attentionInput,
      bias: layer.attentionInputBias.pointer, into: buffers.attentionInput.pointer, stride: 3 * D)
    kernels.attention(
      qkv: buffers.attentionInput.pointer, tokens: T, width: D,
      heads: configuration.attentionHeadCount, into: buffers.attention.pointer,
      scratch: buffers.scratch.pointer)
    kernels.multiply(
      buffers.attention.pointer, rows: T, stride: D, by: layer.attentionOutput,
      bias: layer.attentionOutputBias.pointer, accumulate: true, into: residual, stride: D)
    kernels.layerNorm(
      residual, rows: T, width: D, stride: D, gamma: layer.gamma2.pointer,
      beta: layer.beta2.pointer, epsilon: epsilon, into: buffers.normalized2.pointer)
    kernels.multiply(
      buffers.normalized2.pointer, rows: T, stride: D, by: layer.mlp.fc1,
      bias: layer.mlp.fc1Bias.pointer, activation: activation, into: buffers.units.pointer,
      stride: F)
    kernels.multiply(
      buffers.units.pointer, rows: T, stride: F, by: layer.mlp.fc2,
      bias: layer.mlp.fc2Bias.pointer, accumulate: true, into: residual, stride: D)
  }
}
