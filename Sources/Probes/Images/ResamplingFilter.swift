import Foundation

/// Pillow's resampling filters, with its numbers (`resample` in a preprocessor's configuration).
public enum ResamplingFilter: Int, Sendable, Hashable, CaseIterable {
  /// The nearest pixel; no smoothing.
  case nearest = 0
  /// A windowed sinc with three lobes.
  case lanczos = 1
  /// A triangle.
  case bilinear = 2
  /// Keys' cubic with a = -0.5.
  case bicubic = 3
  /// The mean of the covered pixels.
  case box = 4
  /// A sinc with one lobe under a Hamming window.
  case hamming = 5

  /// How far the filter reaches at scale one, in pixels; `nearest` has no kernel.
  var support: Double {
    switch self {
    case .nearest: 0
    case .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The kernel at distance `x`, computed in Pillow's order: the last bit matters.
  func weight(at x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest: return 0
    case .box: return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear: return distance < 1 ? 1 - distance : 0
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      if distance < 2 { return (((distance - 5) * distance + 8) * distance - 4) * a }
      return 0
    case .hamming:
      if distance == 0 { return 1 }
      if distance >= 1 { return 0 }
      let angle = distance * Double.pi
      // Pillow writes both constants in single precision.
      return sin(angle) / angle * (Double(Float(0.54)) + Double(Float(0.46)) * cos(angle))
    case .lanczos: return x >= -3 && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    if x == 0 { return 1 }
    let angle = x * Double.pi
    return sin(angle) / angle
  }
}
