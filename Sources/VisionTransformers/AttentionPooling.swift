import Foundation
import RoutedModels
import Tensors

/// One feature from all tokens: attention of one learned query, and an MLP beside the residual.
///
/// Equation: a = MultiHead(q; X, X), f = a + MLP(norm(a)), X the tokens after the last norm.
/// The query does not depend on the image, so it is mapped once.
/// Numerics: products in f32 on the kernels; scores and their sums in Double, token by token.
struct AttentionPooling: Sendable {
  private let configuration: VisionTowerConfiguration
  private let activation: Activation
  private let query: [Float]  // [D], scaled
  private let keyAndValue: PackedMatrix  // [2D, D]
  private let keyAndValueBias: FloatStorage  // [2D]
  private let output: PackedMatrix  // [D, D]
  private let outputBias: FloatStorage  // [D]
  private let norm: LayerNormWeights
  private let up: PackedMatrix  // [F, D]
  private let upBias: FloatStorage  // [F]
  private let down: PackedMatrix  // [D, F]
  private let downBias: FloatStorage  // [D]

  init(
    _ source: some TensorSource, _ configuration: VisionTowerConfiguration, precision: Precision
  ) throws {
    self.configuration = configuration
    activation = try configuration.activation(file: source.path)
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let probe = try source.tensor(TensorRole(.poolingProbe), shape: [1, 1, D])
    let weight = try source.tensor(TensorRole(.poolingInput), shape: [3 * D, D])
    let bias = try source.tensor(TensorRole(.poolingInput, .bias), shape: [3 * D])
    let scale = 1 / Double(D / configuration.attentionHeadCount).squareRoot()
    query = (0..<D).map { row in
      let sum = (0..<D).reduce(Double(bias[row])) {
        $0 + Double(weight[row * D + $1]) * Double(probe[$1])
      }
      return Float(sum * scale)
    }
    keyAndValue = PackedMatrix(
      Array(weight[(D * D)...]), rows: 2 * D, columns: D, precision: precision)
    keyAndValueBias = FloatStorage(Array(bias[D...]))
    output = try source.matrix([TensorRole(.poolingOutput)], shape: [D, D], precision: precision)
    outputBias = FloatStorage(try source.tensor(TensorRole(.poolingOutput, .bias), shape: [D]))
    norm = try LayerNormWeights(source, .poolingNorm, width: D)
    up = try source.matrix([TensorRole(.poolingUp)], shape: [F, D], precision: precision)
    upBias = FloatStorage(try source.tensor(TensorRole(.poolingUp, .bias), shape: [F]))
    down = try source.matrix([TensorRole(.poolingDown)], shape: [D, F], precision: precision)
    downBias = FloatStorage(try source.tensor(TensorRole(.poolingDown, .bias), shape: [D]))
  }

  /// f32 numbers of scratch memory: keys and values of one sample, two tokens, hidden units.
  func scratchCount(tokens: Int) -> Int {
    2 * tokens * configuration.hiddenSize + 2 * configuration.hiddenSize
      + configuration.intermediateSize
  }

  /// The feature of one sample.
  ///
  /// Shapes: `tokens` is `[T, D]`, `feature` has room for `[D]`.
  func pool(
    _ tokens: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    into feature: UnsafeMutablePointer<Float>, kernels: Kernels
  ) {
    let (D, F, T) = (
      configuration.hiddenSize, configuration.intermediateSize, configuration.tokenCount
    )
    let mapped = scratch  // [T, 2D]
    let pooled = mapped + 2 * T * D  // [D]
    let normalized = pooled + D  // [D]
    let units = normalized + D  // [F]
    kernels.multiply(
      tokens, rows: T, stride: D, by: keyAndValue, bias: keyAndValueBias.pointer, into: mapped,
      stride: 2 * D)
    attend(mapped, into: pooled)
    kernels.multiply(
      pooled, rows: 1, stride: D, by: output, bias: outputBias.pointer, into: feature, stride: D)
    kernels.layerNorm(
      feature, rows: 1, width: D, stride: D, gamma: norm.gamma.pointer, beta: norm.beta.pointer,
      epsilon: configuration.layerNormEpsilon, into: normalized)
    kernels.multiply(
      normalized, rows: 1, stride: D, by: up, bias: upBias.pointer, activation: activation,
      into: units, stride: F)
    kernels.multiply(
      units, rows: 1, stride: F, by: down, bias: downBias.pointer, accumulate: true,
      into: feature, stride: D)
  }

  /// Weights of the tokens by the query, head by head, and the weighted sum of their values.
  private func attend(
    _ mapped: UnsafePointer<Float>, into pooled: UnsafeMutablePointer<Float>
  ) {
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    let width = D / configuration.attentionHeadCount
    for start in stride(from: 0, to: D, by: width) {
      var weights = (0..<T).map { token in
        (start..<start + width).reduce(0.0) {
          $0 + Double(query[$1]) * Double(mapped[token * 2 * D + $1])
        }
      }
      let largest = weights.max() ?? 0
      weights = weights.map { exp($0 - largest) }
      let total = weights.reduce(0, +)
      for index in start..<start + width {
        let sum = (0..<T).reduce(0.0) {
          $0 + weights[$1] * Double(mapped[$1 * 2 * D + D + index])
        }
        pooled[index] = Float(sum / total)
      }
    }
  }
}
