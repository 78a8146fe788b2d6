import Tensors

/// The classes of ``ProceduralTask/textures``: noise, averaged over windows of different forms.
enum TextureKind: CaseIterable {
  case grain, pebbles, clouds, rows, columns

  /// Half the window's width and height in pixels.
  private var reach: (x: Int, y: Int) {
    switch self {
    case .grain: (0, 0)
    case .pebbles: (1, 1)
    case .clouds: (4, 4)
    case .rows: (6, 0)
    case .columns: (0, 6)
    }
  }

  /// A fresh texture with a mean of one half.
  func canvas(_ generator: inout SeededGenerator) -> Canvas {
    let side = Canvas.side
    let noise = (0..<side * side).map { _ in generator.normal() }
    let (reachX, reachY) = reach
    let count = Double((2 * reachX + 1) * (2 * reachY + 1))
    // The mean of n independent numbers deviates by 1 / sqrt(n).
    let scale = 0.3 * count.squareRoot()
    var next = 0
    return Canvas { _, _ in
      let (row, column) = (next / side, next % side)
      next += 1
      var sum = 0.0
      for y in row - reachY...row + reachY {
        for x in column - reachX...column + reachX {
          sum += noise[(y + side) % side * side + (x + side) % side]
        }
      }
      return 0.5 + scale * sum / count
    }
  }
}
