import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// The part of an expert's layer whose response is compared.
public enum ExpertPart: String, Sendable, Hashable, CaseIterable {
  /// The MLP.
  case feedForward
  /// Attention with its output map: the same for every choice of axes inside of heads, every order of
  /// heads, and every place of the biases that queries, keys and values can do without.
  case attention
}

/// One part of one layer of an expert, ready to run on tokens.
struct ExpertBlock: Sendable {
  private enum Maps: Sendable {
    case feedForward(DenseMLP)
    case attention(input: PackedMatrix, bias: FloatStorage, output: PackedMatrix, FloatStorage)
  }

  private let maps: Maps
  private let configuration: VisionTowerConfiguration

  /// Reads and packs the weights.
  ///
  /// - Throws: the source's errors.
  init(
    _ part: ExpertPart, of expert: ExpertTower, layer: Int, activation: Activation
  ) throws {
    configuration = expert.configuration
    let D = configuration.hiddenSize
    let source = expert.tensors
    switch part {
    case .feedForward:
      maps = .feedForward(
        DenseMLP(
          try MLPWeights(source, layer: layer, configuration), activation: activation))
    case .attention:
      let inputs: [TensorRole.Component] = [.query, .key, .value]
      let output = TensorRole(.attentionOutput, .weight, layer: layer)
      maps = .attention(
        input: try source.matrix(
          inputs.map { TensorRole($0, .weight, layer: layer) }, shape: [D, D], precision: .f32),
        bias: FloatStorage(
          try inputs.flatMap {
            try source.tensor(TensorRole($0, .bias, layer: layer), shape: [D])
          }),
        output: try source.matrix([output], shape: [D, D], precision: .f32),
        FloatStorage(
          try source.tensor(TensorRole(.attentionOutput, .bias, layer: layer), shape: [D])))
    }
  }

  /// Adds the block's output to `output`.
  ///
  /// Shapes: `tokens` and `output` are `[S, T, D]`.
  func add(
    _ tokens: UnsafePointer<Float>, samples: Int, to output: UnsafeMutablePointer<Float>,
    _ kernels: Kernels
  ) {
    guard samples > 0 else { return }
    let (D, T) = (configuration.hiddenSize, configuration.tokenCount)
    switch maps {
    case .feedForward(let mlp):
      let scratch = FloatStorage(count: mlp.scratchCount(samples: samples, tokens: T))
      let routing = FloatStorage(count: 1)
      withExtendedLifetime((scratch, routing)) {
        mlp.forward(
          tokens, samples: samples, tokens: T, addingTo: output, scratch: scratch.pointer,
          routing: RoutingOutput(logits: routing.pointer, weights: routing.pointer),
          kernels: kernels)
      }
    case .attention(let input, let bias, let map, let outputBias):
      let mapped = FloatStorage(count: T * 3 * D)
      let mixed = FloatStorage(count: T * D)
      let scores = FloatStorage(
        count: Kernels.attentionScratchCount(
          tokens: T, width: D, heads: configuration.attentionHeadCount))
      withExtendedLifetime((mapped, mixed, scores, bias, outputBias)) {
        for sample in 0..<samples {
          kernels.multiply(
            tokens + sample * T * D, rows: T, stride: D, by: input, bias: bias.pointer,
            into: mapped.pointer, stride: 3 * D)
          kernels.attention(
            qkv: mapped.pointer, tokens: T, width: D, heads: configuration.attentionHeadCount,
            into: mixed.pointer, scratch: scores.pointer)
          kernels.multiply(
            mixed.pointer, rows: T, stride: D, by: map, bias: outputBias.pointer,
            accumulate: true, into: output + sample * T * D, stride: D)
        }
      }
    }
  }
}
