import Foundation
import Tensors

/// The classes of ``ProceduralTask/shapes``.
enum ShapeOutline: CaseIterable {
  case disc, square, triangle, cross, ring, diamond

  /// The shape somewhere near the middle, in some size.
  func canvas(_ generator: inout SeededGenerator) -> Canvas {
    let (cx, cy) = (0.6 * generator.uniform() - 0.3, 0.6 * generator.uniform() - 0.3)
    let size = 0.4 + 0.25 * generator.uniform()
    return Canvas { x, y in contains((x - cx) / size, (y - cy) / size) ? 1 : 0 }
  }

  /// Whether a point, in units of the shape's half width, lies in the shape.
  private func contains(_ x: Double, _ y: Double) -> Bool {
    let (u, v) = (abs(x), abs(y))
    switch self {
    case .disc: return hypot(x, y) < 1
    case .square: return max(u, v) < 0.85
    case .triangle: return y < 0.8 && y > 2 * u - 1
    case .cross: return min(u, v) < 0.3 && max(u, v) < 1
    case .ring: return (0.6..<1).contains(hypot(x, y))
    case .diamond: return u + v < 1.1
    }
  }
}
