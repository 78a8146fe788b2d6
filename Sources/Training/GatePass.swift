import ModelMerging
import RoutedModels
import Tensors

/// What a gate remembers for its backward pass.
struct GateMemory {
  /// Token means of the gate's input `[S, D]` (depth 1).
  let meanInput: FloatStorage
  /// ReLU(W1 x + b1) of every token `[S * T, D]` (depth 2).
  let hidden: FloatStorage
  /// Token means of `hidden` `[S, D]`.
  let meanHidden: FloatStorage
  /// Routing weights `[S, E]`.
  let weights: FloatStorage

  init(samples: Int, tokens: Int, width: Int, experts: Int, depth: GateDepth) {
    meanInput = FloatStorage(count: depth == .linear ? samples * width : 1)
    hidden = FloatStorage(count: depth == .hidden ? samples * tokens * width : 1)
    meanHidden = FloatStorage(count: depth == .hidden ? samples * width : 1)
    weights = FloatStorage(count: samples * experts)
  }
}

/// One layer's gate, from the tokens after the second layer norm to routing weights.
///
/// Equations: depth 0 a = c; depth 1 a = mean_t(W x_t + b); depth 2 a = mean_t(W2 ReLU(W1 x_t + b1)
/// + b2). The last map is linear, so it is applied to the mean of its inputs.
struct GatePass {
  let kernels: Kernels
  let tokens: Int
  let width: Int
  let experts: Int
  let routing: RoutingMode
  let offsets: GateLayout.Layer
  /// All gates' parameters.
  let parameters: UnsafePointer<Float>
  let hiddenLinear: PackedLinear?

  /// Fills `memory.weights` `[S, E]` from `x` `[S * T, D]`.
  func forward(_ x: UnsafePointer<Float>, samples: Int, memory: GateMemory) {
    var features: UnsafePointer<Float>?
    if let hiddenLinear, let bias = offsets.hiddenBias {
      kernels.multiply(
        x, rows: samples * tokens, stride: width, by: hiddenLinear.forward,
        bias: parameters + bias, activation: .relu, into: memory.hidden.pointer, stride: width)
      averageTokens(memory.hidden.pointer, samples: samples, into: memory.meanHidden.pointer)
      features = UnsafePointer(memory.meanHidden.pointer)
    } else if offsets.weight != nil {
      averageTokens(x, samples: samples, into: memory.meanInput.pointer)
      features = UnsafePointer(memory.meanInput.pointer)
    }
    let weights = memory.weights.pointer
    for sample in 0..<samples {
      (weights + sample * experts).update(from: parameters + offsets.bias, count: experts)
    }
    if let features, let weight = offsets.weight {
      kernels.multiply(
        rows: samples, columns: experts, inner: width, features, rowStride: width,
        columnStride: 1, parameters + weight, rowStride: 1, columnStride: width,
        accumulate: true, into: weights, stride: experts)
    }
    if routing == .softmax {
      kernels.softmax(weights, rows: samples, width: experts, stride: experts)
    }
  }

  /// Adds the gate's gradients for `dWeights` `[S, E]` (overwritten by those of the logits) to
  /// `gradient`, which a frozen gate has not, and, when `dx` is given, adds to the gradient of the
  /// gate's input `[S * T, D]`.
  ///
  /// - Parameter scratch: `[S * T, D]` and `[S, D]`.
  func backward(
    _ dWeights: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, samples: Int,
    memory: GateMemory, gradient: UnsafeMutablePointer<Float>?,
    scratch: (tokens: UnsafeMutablePointer<Float>, samples: UnsafeMutablePointer<Float>),
    addingTo dx: UnsafeMutablePointer<Float>?
  ) {
    if routing == .softmax {
      kernels.softmaxBackward(
        p: memory.weights.pointer, dp: dWeights, rows: samples, width: experts, stride: experts,
        ds: dWeights)
    }
    guard let weight = offsets.weight else {
      if let gradient {
        kernels.addSumOfRows(
          dWeights, rows: samples, width: experts, stride: experts, to: gradient + offsets.bias)
      }
      return
    }
    let isDeep = hiddenLinear != nil
    if let gradient {
      kernels.addGradient(
        of: dWeights, outputs: experts,
        for: isDeep ? memory.meanHidden.pointer : memory.meanInput.pointer, inputs: width,
        rows: samples,
        to: LinearGradient(weight: gradient + weight, bias: gradient + offsets.bias))
    }
    guard (isDeep && gradient != nil) || dx != nil else { return }
    // The gradient of each token is that of the mean over T.
    kernels.multiply(
      rows: samples, columns: width, inner: experts, dWeights, rowStride: experts,
      columnStride: 1, parameters + weight, rowStride: width, columnStride: 1,
      scale: 1 / Float(tokens), into: scratch.samples, stride: width)
    if isDeep {
      backwardHidden(x, samples: samples, memory: memory, gradient, scratch, addingTo: dx)
    } else if let dx {
      for row in 0..<(samples * tokens) {
        kernels.addScaled(
          scratch.samples + row / tokens * width, to: dx + row * width, count: width)
      }
    }
  }

  private func backwardHidden(
    _ x: UnsafePointer<Float>, samples: Int, memory: GateMemory,
    _ gradient: UnsafeMutablePointer<Float>?,
    _ scratch: (tokens: UnsafeMutablePointer<Float>, samples: UnsafeMutablePointer<Float>),
    addingTo dx: UnsafeMutablePointer<Float>?
  ) {
    guard let hiddenLinear, let weight = offsets.hiddenWeight, let bias = offsets.hiddenBias
    else { return }
    let hidden = memory.hidden.pointer
    for row in 0..<(samples * tokens) {
      let source = scratch.samples + row / tokens * width
      let target = scratch.tokens + row * width
      let active = hidden + row * width
      for i in 0..<width { target[i] = active[i] > 0 ? source[i] : 0 }
    }
    if let gradient {
      kernels.addGradient(
        of: scratch.tokens, outputs: width, for: x, inputs: width, rows: samples * tokens,
        to: LinearGradient(weight: gradient + weight, bias: gradient + bias))
    }
    if let dx {
      kernels.propagate(
        scratch.tokens, rows: samples * tokens, through: hiddenLinear, accumulate: true, into: dx)
    }
  }

  private func averageTokens(
    _ x: UnsafePointer<Float>, samples: Int, into means: UnsafeMutablePointer<Float>
  ) {
    means.update(repeating: 0, count: samples * width)
    for sample in 0..<samples {
      let mean = means + sample * width
      kernels.addSumOfRows(
        x + sample * tokens * width, rows: tokens, width: width, stride: width, to: mean)
      for i in 0..<width { mean[i] /= Float(tokens) }
    }
  }
}
