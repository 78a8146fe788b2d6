import RoutedModels
import Tensors

/// The small network of a layer that scores experts from the tokens entering its MLP.
///
/// Depth 2 (WEMoE's default): Linear(D, D), ReLU, Linear(D, E). Depth 1: Linear(D, E). Depth 0: a
/// constant vector. The output is averaged over the tokens of a sample; since the last map is
/// affine, averaging before it gives the same number with T times less work.
public struct Gate: Sendable {
  /// An affine map with weight `[N, K]` and bias `[N]`.
  struct Linear: Sendable {
    let weight: PackedMatrix
    let bias: FloatStorage
  }

  private enum Layers: Sendable {
    case constant(FloatStorage)
    case linear(Linear)
    case twoLinear(Linear, Linear)
  }

  private let layers: Layers
  /// E, the number of experts it scores.
  public let expertCount: Int

  /// Reads the gate of a layer; its depth is told by which tensors there are.
  ///
  /// - Throws: the source's errors, ``MergeError/missingGate(file:layer:)``.
  public init(
    _ source: some TensorSource, layer: Int, width D: Int, expertCount E: Int
  ) throws {
    guard let depth = GateDepth(of: source, layer: layer) else {
      throw MergeError.missingGate(file: source.path, layer: layer)
    }
    func linear(_ component: TensorRole.Component, _ rows: Int) throws -> Linear {
      Linear(
        weight: try source.matrix(
          [TensorRole(component, .weight, layer: layer)], shape: [rows, D], precision: .f32),
        bias: FloatStorage(
          try source.tensor(TensorRole(component, .bias, layer: layer), shape: [rows])))
    }
    switch depth {
    case .constant:
      layers = .constant(
        FloatStorage(try source.tensor(TensorRole(depth.output, layer: layer), shape: [E])))
    case .linear: layers = .linear(try linear(depth.output, E))
    case .hidden:
      layers = .twoLinear(try linear(.routerHidden, D), try linear(depth.output, E))
    }
    expertCount = E
  }

  /// f32 numbers of scratch memory for `samples` samples of `tokens` tokens of width `width`.
  func scratchCount(samples: Int, tokens: Int, width: Int) -> Int {
    samples * (tokens + 1) * width
  }

  /// Router logits: the gate's output averaged over the tokens of each sample.
  ///
  /// Equation: a[s, e] = 1/T * sum over t of gate(x[s, t])[e].
  /// Shapes: `x` is `[S, T, D]`, `logits` is `[S, E]`.
  func routerLogits(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int, width D: Int,
    scratch: UnsafeMutablePointer<Float>, into logits: UnsafeMutablePointer<Float>,
    kernels: Kernels
  ) {
    let means = scratch  // [S, D]
    switch layers {
    case .constant(let values):
      for sample in 0..<samples {
        (logits + sample * expertCount).update(from: values.pointer, count: expertCount)
      }
    case .linear(let linear):
      averageTokens(x, samples: samples, tokens: tokens, width: D, into: means)
      kernels.multiply(
        means, rows: samples, stride: D, by: linear.weight, bias: linear.bias.pointer,
        into: logits, stride: expertCount)
    case .twoLinear(let first, let second):
      let hidden = scratch + samples * D  // [S, T, D]
      kernels.multiply(
        x, rows: samples * tokens, stride: D, by: first.weight, bias: first.bias.pointer,
        activation: .relu, into: hidden, stride: D)
      averageTokens(hidden, samples: samples, tokens: tokens, width: D, into: means)
      kernels.multiply(
        means, rows: samples, stride: D, by: second.weight, bias: second.bias.pointer,
        into: logits, stride: expertCount)
    }
  }

  private func averageTokens(
    _ x: UnsafePointer<Float>, samples: Int, tokens: Int, width D: Int,
    into means: UnsafeMutablePointer<Float>
  ) {
    let scale = 1 / Float(tokens)
    for sample in 0..<samples {
      let mean = means + sample * D
      let rows = x + sample * tokens * D
      mean.update(from: rows, count: D)
      for token in 1..<tokens {
        for index in 0..<D { mean[index] += rows[token * D + index] }
      }
      for index in 0..<D { mean[index] *= scale }
    }
  }
}
