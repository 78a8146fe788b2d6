import CKernels

extension Kernels {
  /// Layer normalisation of every row.
  ///
  /// Equation: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the variance divided by
  /// D (Ba et al., 2016). `y` may be `x`.
  public func layerNorm(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, stride: Int,
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, epsilon: Float,
    into y: UnsafeMutablePointer<Float>, stride yStride: Int? = nil
  ) {
    table.pointee.layer_norm(
      x, rows, width, stride, gamma, beta, epsilon, y, yStride ?? stride, nil, nil)
  }

  /// Layer normalisation that keeps what ``layerNormBackward(dy:dyStride:x:xStride:rows:width:mean:rstd:gamma:dx:dxStride:dgamma:dbeta:)`` needs.
  ///
  /// - Parameters:
  ///   - mean: Receives the mean of each row.
  ///   - rstd: Receives 1 / sqrt(variance + epsilon) of each row.
  public func layerNorm(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, stride: Int,
    gamma: UnsafePointer<Float>, beta: UnsafePointer<Float>, epsilon: Float,
    into y: UnsafeMutablePointer<Float>, stride yStride: Int? = nil,
    mean: UnsafeMutablePointer<Float>, rstd: UnsafeMutablePointer<Float>
  ) {
    table.pointee.layer_norm(
      x, rows, width, stride, gamma, beta, epsilon, y, yStride ?? stride, mean, rstd)
  }

  /// Replaces every row by its softmax, computed from differences to the row's largest element.
  ///
  /// - Precondition: rows are not empty.
  public func softmax(
    _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, stride: Int
  ) {
    precondition(width > 0, "a softmax is over at least one element")
    table.pointee.softmax(x, rows, width, stride)
  }

  /// Applies the activation in place.
  public func apply(
    _ activation: Activation, to x: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.activate(activation.code, x, count)
  }

  /// Replaces x by e^x, within 2 ulp.
  public func exponential(_ x: UnsafeMutablePointer<Float>, count: Int) {
    table.pointee.exponential(x, count)
  }

  /// Adds to a vector: y += factor * x.
  public func addScaled(
    _ x: UnsafePointer<Float>, factor: Float = 1, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.axpy(factor, x, y, count)
  }

  /// Scales in place: x *= factor.
  public func scale(_ x: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    table.pointee.scale(factor, x, count)
  }

  /// The sum of x * y, in Double.
  public func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Double {
    table.pointee.dot(x, y, count)
  }

  /// The sum of x, in Double.
  public func sum(_ x: UnsafePointer<Float>, count: Int) -> Double {
    table.pointee.sum(x, count)
  }

  /// Adds the sum over rows of x [M, N] to y [N]: the gradient of a bias.
  public func addSumOfRows(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, stride: Int,
    to y: UnsafeMutablePointer<Float>
  ) {
    table.pointee.sum_rows(x, rows, width, stride, y)
  }
}
