import CKernels

extension Kernels {
  /// The gradients of layer normalisation.
  ///
  /// With n = (x - mean) * rstd and g = dy * gamma:
  /// dx += rstd * (g - mean(g) - n * mean(g * n)), dgamma += sum over rows of dy * n,
  /// dbeta += sum over rows of dy. Everything is added to what is there.
  public func layerNormBackward(
    dy: UnsafePointer<Float>, dyStride: Int, x: UnsafePointer<Float>, xStride: Int,
    rows: Int, width: Int, mean: UnsafePointer<Float>, rstd: UnsafePointer<Float>,
    gamma: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>, dxStride: Int,
    dgamma: UnsafeMutablePointer<Float>, dbeta: UnsafeMutablePointer<Float>
  ) {
    table.pointee.layer_norm_backward(
      dy, dyStride, x, xStride, rows, width, mean, rstd, gamma, dx, dxStride, dgamma, dbeta)
  }

  /// The gradient of the softmax's input, from its output p and the gradient dp of that output.
  ///
  /// Equation: ds = p * (dp - sum(p * dp)), row by row. `ds` may be `dp`.
  public func softmaxBackward(
    p: UnsafePointer<Float>, dp: UnsafePointer<Float>, rows: Int, width: Int, stride: Int,
    ds: UnsafeMutablePointer<Float>
  ) {
    table.pointee.softmax_backward(p, dp, rows, width, stride, ds)
  }

  /// The gradient of the activation's input `x`, from the gradient of its output.
  ///
  /// Equation: dx = dy * act'(x). `dx` may be `dy`.
  public func activationBackward(
    _ activation: Activation, x: UnsafePointer<Float>, dy: UnsafePointer<Float>,
    dx: UnsafeMutablePointer<Float>, count: Int
  ) {
    table.pointee.activate_backward(activation.code, x, dy, dx, count)
  }

  /// One step of AdamW (Loshchilov and Hutter, 2019), as `torch.optim.AdamW` does it.
  ///
  /// - Parameter step: 1 for the first step.
  public func adamW(
    _ options: AdamWOptions, step: Int, parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafePointer<Float>, firstMoments: UnsafeMutablePointer<Float>,
    secondMoments: UnsafeMutablePointer<Float>, count: Int
  ) {
    precondition(step > 0, "steps are counted from 1")
    var arguments = options.arguments(step: step)
    table.pointee.adamw(&arguments, parameters, gradients, firstMoments, secondMoments, count)
  }
}

/// The settings of ``Kernels/adamW(_:step:parameters:gradients:firstMoments:secondMoments:count:)``.
public struct AdamWOptions: Sendable, Equatable {
  /// The learning rate.
  public var rate: Float
  /// How much of the gradients' running mean is kept.
  public var beta1: Double
  /// How much of the squared gradients' running mean is kept.
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Float
  /// The decoupled weight decay; each step multiplies parameters by 1 - rate * decay.
  public var decay: Float
  /// Multiplies gradients before use, for example 1 over the number of batches summed.
  public var gradientScale: Float

  /// The defaults are PyTorch's.
  public init(
    rate: Float = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Float = 1e-8,
    decay: Float = 0.01, gradientScale: Float = 1
  ) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.decay = decay
    self.gradientScale = gradientScale
  }

  func arguments(step: Int) -> RMAdamW {
    var power1 = 1.0
    var power2 = 1.0
    for _ in 0..<step {
      power1 *= beta1
      power2 *= beta2
    }
    return RMAdamW(
      rate: rate, beta1: Float(beta1), beta2: Float(beta2), epsilon: epsilon, decay: decay,
      correction1: Float(1 - power1), correction2: Float(1 - power2),
      gradient_scale: gradientScale)
  }
}
