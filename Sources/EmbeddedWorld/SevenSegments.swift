import Tensors

/// The pictures of ``ProceduralTask/digits``.
enum SevenSegments {
  /// A bar between two corners of the display, in units of its half width and half height.
  private struct Segment {
    let x: ClosedRange<Double>
    let y: ClosedRange<Double>
  }

  /// Top, upper left, upper right, middle, lower left, lower right, bottom.
  private static let segments = [
    Segment(x: -1...1, y: -1...(-1)), Segment(x: -1...(-1), y: -1...0),
    Segment(x: 1...1, y: -1...0),
    Segment(x: -1...1, y: 0...0), Segment(x: -1...(-1), y: 0...1), Segment(x: 1...1, y: 0...1),
    Segment(x: -1...1, y: 1...1),
  ]

  /// Which segments each digit lights.
  private static let digits: [[Int]] = [
    [0, 1, 2, 4, 5, 6], [2, 5], [0, 2, 3, 4, 6], [0, 2, 3, 5, 6], [1, 2, 3, 5],
    [0, 1, 3, 5, 6], [0, 1, 3, 4, 5, 6], [0, 2, 5], [0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 5, 6],
  ]

  /// A digit somewhere near the middle, in some size.
  static func canvas(digit: Int, _ generator: inout SeededGenerator) -> Canvas {
    let (cx, cy) = (0.5 * generator.uniform() - 0.25, 0.3 * generator.uniform() - 0.15)
    let width = 0.28 + 0.12 * generator.uniform()
    let height = 0.5 + 0.15 * generator.uniform()
    let thickness = 0.09 + 0.05 * generator.uniform()
    let lit = digits[digit].map { segments[$0] }
    return Canvas { x, y in
      lit.contains { segment in
        let (u, v) = (x - cx, y - cy)
        let dx = max(segment.x.lowerBound * width - u, u - segment.x.upperBound * width, 0)
        let dy = max(segment.y.lowerBound * height - v, v - segment.y.upperBound * height, 0)
        return max(dx, dy) < thickness
      } ? 1 : 0
    }
  }
}
