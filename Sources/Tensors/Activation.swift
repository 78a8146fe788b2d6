import CKernels

/// A function applied to each element.
public enum Activation: Sendable, CaseIterable {
  /// x
  case identity
  /// x * sigmoid(1.702 x), as CLIP has it.
  case quickGELU
  /// x * (1 + erf(x / sqrt(2))) / 2, as `nn.GELU` has it.
  case gelu
  /// max(x, 0)
  case relu
  /// x * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, as `nn.GELU(approximate="tanh")` has it.
  case tanhGELU

  var code: Int32 {
    switch self {
    case .identity: Int32(RM_IDENTITY)
    case .quickGELU: Int32(RM_QUICK_GELU)
    case .gelu: Int32(RM_GELU)
    case .relu: Int32(RM_RELU)
    case .tanhGELU: Int32(RM_TANH_GELU)
    }
  }
}
