import RoutedModels
import Tensors
import VisionTransformers

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

  /// Reads the gate under a name such as `vision_model.encoder.layers.0.mlp.gate`; its depth is told
  /// by which tensors there are.
  ///
  /// - Throws: the source's errors, ``MergeError/missingGate(file:layer:)``.
  public init(
    _ source: some TensorSource, under name: String, layer: Int, width D: Int, expertCount E: Int
  ) throws {
    func linear(_ part: String, _ rows: Int) throws -> Linear {
      Linear(
        weight: try source.matrix(
          ["\(name).\(part).weight"], shape: [rows, D], precision: .f32),
        bias: FloatStorage(try source.tensor("\(name).\(part).bias", shape: [rows])))
    }
    guard let depth = Self.depth(source, under: name) else {
      throw MergeError.missingGate(file: source.path, layer: layer)
    }
    switch depth {
    case 0: layers = .constant(FloatStorage(try source.tensor("\(name).weight", shape: [E])))
    case 1: layers = .linear(try linear(Self.onlyMap(source, under: name), E))
    default: layers = .twoLinear(try linear("fc1", D), try linear("fc2", E))
    }
    expertCount = E
  }

  /// The depth of the gate of that name, or `nil` when there is none.
  static func depth(_ source: some TensorSource, under name: String) -> Int? {
    if source.contains("\(name).fc2.weight") { return 2 }
    if source.contains("\(name).\(onlyMap(source, under: name)).weight") { return 1 }
    return source.contains("\(name).weight") ? 0 : nil
  }

  /// The name of a depth-1 gate's only map: `fc` in fusion_bench, `fc1` where somebody numbered it.
  private static func onlyMap(_ source: some TensorSource, under name: String) -> String {
    source.contains("\(name).fc1.weight") ? "fc1" : "fc"
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
