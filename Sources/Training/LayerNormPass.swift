import Tensors

/// What a layer norm remembers for its backward pass: the statistics of each row.
struct LayerNormMemory {
  let mean: FloatStorage
  let reciprocalDeviation: FloatStorage

  init(rows: Int) {
    mean = FloatStorage(count: rows)
    reciprocalDeviation = FloatStorage(count: rows)
  }
}

/// A layer norm over rows of `width`: scale and shift, and where their gradients go.
struct LayerNormPass {
  let kernels: Kernels
  let width: Int
  let epsilon: Float
  let scale: UnsafePointer<Float>
  let shift: UnsafePointer<Float>

  /// y = (x - mean) / sqrt(variance + epsilon) * scale + shift, row by row.
  func forward(
    _ x: UnsafePointer<Float>, rows: Int, memory: LayerNormMemory,
    into y: UnsafeMutablePointer<Float>
  ) {
    kernels.layerNorm(
      x, rows: rows, width: width, stride: width, gamma: scale, beta: shift, epsilon: epsilon,
      into: y, stride: width, mean: memory.mean.pointer,
      rstd: memory.reciprocalDeviation.pointer)
  }

  /// dx += gradient through the norm; `scaleGradient` and `shiftGradient` are added to as well.
  func backward(
    _ dy: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows: Int, memory: LayerNormMemory,
    addingTo dx: UnsafeMutablePointer<Float>, scaleGradient: UnsafeMutablePointer<Float>,
    shiftGradient: UnsafeMutablePointer<Float>
  ) {
    kernels.layerNormBackward(
      dy: dy, dyStride: width, x: x, xStride: width, rows: rows, width: width,
      mean: memory.mean.pointer, rstd: memory.reciprocalDeviation.pointer, gamma: scale, dx: dx,
      dxStride: width, dgamma: scaleGradient, dbeta: shiftGradient)
  }
}
