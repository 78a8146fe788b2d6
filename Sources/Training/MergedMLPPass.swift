import Tensors

/// One linear map of a WEMoE layer: the base map and a task vector an expert, packed both ways,
/// and the task vectors' plain weights for the gates' gradients.
struct MergedLinear: @unchecked Sendable {
  let base: PackedLinear
  let baseBias: UnsafePointer<Float>
  let forwardTaskVectors: [PackedMatrix]
  let backwardTaskVectors: [PackedMatrix]
  /// T_e `[N, K]`, row-major.
  let taskVectors: [UnsafePointer<Float>]
  let taskVectorBiases: [UnsafePointer<Float>]

  var outputs: Int { base.outputs }
  var inputs: Int { base.inputs }
}

/// The gradients of one linear map's task vectors, an entry an expert.
struct TaskVectorGradients {
  let weights: [UnsafeMutablePointer<Float>]
  let biases: [UnsafeMutablePointer<Float>]
}

/// A WEMoE MLP: every sample goes through W = W0 + sum_e w_e T_e, biases likewise.
///
/// The gates need dL/dw_e = <dL/dW, T_e> of every sample. Two ways to get it, counted in
/// multiply-adds for one map `[N, K]` and T tokens:
/// - through the outputs, sum_t dy_t . (T_e x_t): E T N K;
/// - through the merged weight's gradient, dW = dy^T x, then E inner products: (T + E) N K.
/// The second is fewer whenever T + E < T E, that is for two experts or more (65 tokens and 5
/// experts: 70 against 325), so it is what is done, a block of dW's rows at a time so that the
/// block stays in cache and no dW is ever whole in memory. It also gives the task vectors' own
/// gradients, dT_e = sum_s w_se dW_s, for E N K more instead of E T N K.
struct MergedMLPPass {
  let kernels: Kernels
  let activation: Activation
  let tokens: Int
  let experts: Int
  let fc1: MergedLinear
  let fc2: MergedLinear

  /// Values in a block of dW: a quarter of a megabyte.
  private static let blockCount = 1 << 16

  /// Floats of scratch that ``backward`` needs besides the hidden units' gradients.
  static func scratchCount(width: Int, mlpWidth: Int) -> Int {
    max(blockCount, width, mlpWidth) + max(width, mlpWidth)
  }

  /// Adds the merged MLP of `x` `[S * T, D]` to `y` for the routing weights `[S, E]`.
  func forward(
    _ x: UnsafePointer<Float>, samples: Int, weights: UnsafePointer<Float>, memory: MLPMemory,
    addingTo y: UnsafeMutablePointer<Float>
  ) {
    multiply(
      x, fc1, samples: samples, weights: weights, accumulate: false, into: memory.hidden.pointer)
    memory.activate(
      activation, rows: samples * tokens, mlpWidth: fc1.outputs, kernels)
    multiply(
      memory.activated.pointer, fc2, samples: samples, weights: weights, accumulate: true, into: y)
  }

  /// Adds dL/dw to `dWeights` `[S, E]`, adds to the task vectors' gradients when they are given,
  /// and writes the gradient of the input when `dx` is given.
  ///
  /// - Parameters:
  ///   - hiddenScratch: `[S * T, F]`.
  ///   - scratch: ``scratchCount(width:mlpWidth:)`` floats.
  func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, samples: Int,
    weights: UnsafePointer<Float>, memory: MLPMemory, dWeights: UnsafeMutablePointer<Float>,
    gradients: (fc1: TaskVectorGradients, fc2: TaskVectorGradients)?,
    hiddenScratch: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    into dx: UnsafeMutablePointer<Float>?
  ) {
    for sample in 0..<samples {
      addWeightGradient(
        fc2, dy, memory.activated.pointer, sample: sample, weights: weights, dWeights: dWeights,
        gradients: gradients?.fc2, scratch: scratch)
    }
    propagate(dy, fc2, samples: samples, weights: weights, into: hiddenScratch)
    kernels.activationBackward(
      activation, x: memory.hidden.pointer, dy: hiddenScratch, dx: hiddenScratch,
      count: samples * tokens * fc1.outputs)
    for sample in 0..<samples {
      addWeightGradient(
        fc1, hiddenScratch, x, sample: sample, weights: weights, dWeights: dWeights,
        gradients: gradients?.fc1, scratch: scratch)
    }
    if let dx { propagate(hiddenScratch, fc1, samples: samples, weights: weights, into: dx) }
  }

  private func multiply(
    _ x: UnsafePointer<Float>, _ linear: MergedLinear, samples: Int,
    weights: UnsafePointer<Float>, accumulate: Bool, into y: UnsafeMutablePointer<Float>
  ) {
    kernels.mergedMultiply(
      x, samples: samples, tokens: tokens, stride: linear.inputs, base: linear.base.forward,
      taskVectors: linear.forwardTaskVectors, baseBias: linear.baseBias,
      taskVectorBiases: linear.taskVectorBiases, weights: weights, activation: .identity,
      accumulate: accumulate, into: y, stride: linear.outputs)
  }

  private func propagate(
    _ dy: UnsafePointer<Float>, _ linear: MergedLinear, samples: Int,
    weights: UnsafePointer<Float>, into dx: UnsafeMutablePointer<Float>
  ) {
    kernels.mergedMultiply(
      dy, samples: samples, tokens: tokens, stride: linear.outputs, base: linear.base.backward,
      taskVectors: linear.backwardTaskVectors, baseBias: nil, taskVectorBiases: [],
      weights: weights, activation: .identity, accumulate: false, into: dx,
      stride: linear.inputs)
  }

  private func addWeightGradient(
    _ linear: MergedLinear, _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, sample: Int,
    weights: UnsafePointer<Float>, dWeights: UnsafeMutablePointer<Float>,
    gradients: TaskVectorGradients?, scratch: UnsafeMutablePointer<Float>
  ) {
    let outputs = linear.outputs
    let inputs = linear.inputs
    let dy = dy + sample * tokens * outputs
    let x = x + sample * tokens * inputs
    let weights = weights + sample * experts
    let dWeights = dWeights + sample * experts
    let dBias = scratch
    let block = scratch + outputs
    dBias.update(repeating: 0, count: outputs)
    kernels.addSumOfRows(dy, rows: tokens, width: outputs, stride: outputs, to: dBias)
    for expert in 0..<experts {
      dWeights[expert] += Float(
        kernels.dot(dBias, linear.taskVectorBiases[expert], count: outputs))
      if let gradients {
        kernels.addScaled(
          dBias, factor: weights[expert], to: gradients.biases[expert], count: outputs)
      }
    }
    let blockRows = max(1, Self.blockCount / inputs)
    for row in stride(from: 0, to: outputs, by: blockRows) {
      let rows = min(blockRows, outputs - row)
      kernels.multiply(
        rows: rows, columns: inputs, inner: tokens, dy + row, rowStride: 1, columnStride: outputs,
        x, rowStride: inputs, columnStride: 1, into: block, stride: inputs)
      for expert in 0..<experts {
        let offset = row * inputs
        dWeights[expert] += Float(
          kernels.dot(block, linear.taskVectors[expert] + offset, count: rows * inputs))
        if let gradients {
          kernels.addScaled(
            block, factor: weights[expert], to: gradients.weights[expert] + offset,
            count: rows * inputs)
        }
      }
    }
  }
}
