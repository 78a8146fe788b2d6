import Tensors

/// What an MLP remembers: its hidden units `[S * T, F]` before and after the activation.
struct MLPMemory {
  let hidden: FloatStorage
  let activated: FloatStorage

  init(rows: Int, mlpWidth: Int) {
    hidden = FloatStorage(count: rows * mlpWidth)
    activated = FloatStorage(count: rows * mlpWidth)
  }
}

/// A plain MLP: y = W2 act(W1 x + b1) + b2.
struct MLPPass {
  let kernels: Kernels
  let activation: Activation
  let fc1: PackedLinear
  let fc2: PackedLinear
  let offsets: TowerLayout.MLPOffsets
  /// All of the tower's parameters.
  let parameters: UnsafePointer<Float>

  /// Adds the MLP of `x` `[rows, D]` to `y` `[rows, D]`.
  func forward(
    _ x: UnsafePointer<Float>, rows: Int, memory: MLPMemory,
    addingTo y: UnsafeMutablePointer<Float>
  ) {
    kernels.multiply(
      x, rows: rows, stride: fc1.inputs, by: fc1.forward, bias: parameters + offsets.fc1Bias,
      into: memory.hidden.pointer, stride: fc1.outputs)
    memory.activate(activation, rows: rows, mlpWidth: fc1.outputs, kernels)
    kernels.multiply(
      memory.activated.pointer, rows: rows, stride: fc2.inputs, by: fc2.forward,
      bias: parameters + offsets.fc2Bias, accumulate: true, into: y, stride: fc2.outputs)
  }

  /// Writes dx and adds to the parameters' gradients.
  ///
  /// - Parameter scratch: `[rows, F]`.
  func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, memory: MLPMemory,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    into dx: UnsafeMutablePointer<Float>
  ) {
    if let gradient {
      kernels.addGradient(
        of: dy, outputs: fc2.outputs, for: memory.activated.pointer, inputs: fc2.inputs,
        rows: rows,
        to: LinearGradient(
          weight: gradient + offsets.fc2Weight, bias: gradient + offsets.fc2Bias))
    }
    kernels.propagate(dy, rows: rows, through: fc2, into: scratch)
    kernels.activationBackward(
      activation, x: memory.hidden.pointer, dy: scratch, dx: scratch, count: rows * fc1.outputs)
    if let gradient {
      kernels.addGradient(
        of: scratch, outputs: fc1.outputs, for: x, inputs: fc1.inputs, rows: rows,
        to: LinearGradient(
          weight: gradient + offsets.fc1Weight, bias: gradient + offsets.fc1Bias))
    }
    kernels.propagate(scratch, rows: rows, through: fc1, into: dx)
  }
}

extension MLPMemory {
  func activate(_ activation: Activation, rows: Int, mlpWidth: Int, _ kernels: Kernels) {
    let count = rows * mlpWidth
    // In blocks that are still in cache when the activation reads them.
    for start in stride(from: 0, to: count, by: 1 << 13) {
      let block = activated.pointer + start
      let blockCount = min(1 << 13, count - start)
      block.update(from: hidden.pointer + start, count: blockCount)
      kernels.apply(activation, to: block, count: blockCount)
    }
  }
}
