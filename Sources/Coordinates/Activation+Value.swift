import Foundation
import Tensors

extension Activation {
  /// The function of one number, in Double.
  func value(_ x: Float) -> Float {
    let x = Double(x)
    let result: Double =
      switch self {
      case .identity: x
      case .quickGELU: x / (1 + exp(-1.702 * x))
      case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
      case .relu: max(x, 0)
      case .tanhGELU:
        x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
      }
    return Float(result)
  }
}
