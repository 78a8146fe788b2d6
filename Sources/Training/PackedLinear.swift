import Tensors

/// A linear map y = W x + b packed for both directions: x W^T forwards, dy W backwards.
struct PackedLinear: Sendable {
  /// W `[N, K]`.
  let forward: PackedMatrix
  /// W^T `[K, N]`.
  let backward: PackedMatrix
  /// N.
  let outputs: Int
  /// K.
  let inputs: Int

  /// Packs row-major weights `[outputs, inputs]`.
  init(_ weights: UnsafePointer<Float>, outputs: Int, inputs: Int) {
    forward = PackedMatrix(packing: weights, rows: outputs, columns: inputs)
    backward = PackedMatrix(packingTransposed: weights, rows: inputs, columns: outputs)
    self.outputs = outputs
    self.inputs = inputs
  }
}

/// Where a linear map's gradients are added.
struct LinearGradient {
  let weight: UnsafeMutablePointer<Float>
  let bias: UnsafeMutablePointer<Float>?
}

extension Kernels {
  /// Adds dW += dy^T x and db += sum of dy over rows, where `dy` is `[rows, N]`, `x` `[rows, K]`.
  func addGradient(
    of dy: UnsafePointer<Float>, outputs: Int, for x: UnsafePointer<Float>, inputs: Int, rows: Int,
    to gradient: LinearGradient
  ) {
    multiply(
      rows: outputs, columns: inputs, inner: rows, dy, rowStride: 1, columnStride: outputs,
      x, rowStride: inputs, columnStride: 1, accumulate: true, into: gradient.weight,
      stride: inputs)
    if let bias = gradient.bias {
      addSumOfRows(dy, rows: rows, width: outputs, stride: outputs, to: bias)
    }
  }

  /// dx (+)= dy W for `dy` `[rows, N]` and `dx` `[rows, K]`, both without gaps.
  func propagate(
    _ dy: UnsafePointer<Float>, rows: Int, through linear: PackedLinear, accumulate: Bool = false,
    into dx: UnsafeMutablePointer<Float>
  ) {
    multiply(
      dy, rows: rows, stride: linear.outputs, by: linear.backward, bias: nil,
      accumulate: accumulate, into: dx, stride: linear.inputs)
  }
}
