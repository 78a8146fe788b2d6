import Foundation
import Probes
import Tensors

/// An image classification task whose pictures the program draws itself.
///
/// The tasks are of distinct kinds, as the paper's datasets are: what tells the classes of one apart is
/// noise to the others. Position, colours and noise vary within a class.
public enum ProceduralTask: String, CaseIterable, Sendable, Codable {
  /// Gratings; the class is their direction.
  case stripes
  /// One outline; the class is its shape.
  case shapes
  /// A seven-segment digit.
  case digits
  /// Clouds of two hues; the class is the hue.
  case colours
  /// Noise; the class is how it is smoothed.
  case textures
  /// Checkerboards; the class is the size of a field.
  case checks
  /// Dots; the class is their number.
  case dots
  /// Rings around a point; the class is how dense they are.
  case rings

  /// Number of classes.
  public var classCount: Int {
    switch self {
    case .stripes: 6
    case .shapes: ShapeOutline.allCases.count
    case .digits: 10
    case .colours: 8
    case .textures: TextureKind.allCases.count
    case .checks: 5
    case .dots: 6
    case .rings: 5
    }
  }

  /// A picture of a class; the generator decides everything else.
  ///
  /// - Precondition: `label` is below ``classCount``.
  public func image(of label: Int, _ generator: inout SeededGenerator) -> RGBImage {
    precondition((0..<classCount).contains(label), "the index of a class")
    if self == .colours { return colourImage(label, &generator) }
    let canvas = canvas(label, &generator)
    let isLight = generator.uniform() < 0.5
    return canvas.image(
      background: .random(light: isLight, &generator),
      foreground: .random(light: !isLight, &generator), noise: 14, &generator)
  }

  private func canvas(_ label: Int, _ generator: inout SeededGenerator) -> Canvas {
    switch self {
    case .stripes: return stripes(label, &generator)
    case .shapes: return ShapeOutline.allCases[label].canvas(&generator)
    case .digits: return SevenSegments.canvas(digit: label, &generator)
    case .colours, .textures:
      return TextureKind.allCases[label % TextureKind.allCases.count].canvas(&generator)
    case .checks: return checks(label, &generator)
    case .dots: return dots(label + 1, &generator)
    case .rings: return rings(label, &generator)
    }
  }

  private func stripes(_ label: Int, _ generator: inout SeededGenerator) -> Canvas {
    let angle = Double.pi * (Double(label) + 0.3 * generator.uniform()) / Double(classCount)
    let (frequency, phase) = (6 + 4 * generator.uniform(), 2 * Double.pi * generator.uniform())
    let (c, s) = (cos(angle), sin(angle))
    return Canvas { x, y in 0.5 + 0.5 * sin(frequency * (c * x + s * y) + phase) }
  }

  private func checks(_ label: Int, _ generator: inout SeededGenerator) -> Canvas {
    let field = [0.14, 0.22, 0.34, 0.5, 0.75][label]
    let (dx, dy) = (2 + generator.uniform(), 2 + generator.uniform())
    return Canvas { x, y in
      (Int((x + dx) / field) + Int((y + dy) / field)).isMultiple(of: 2) ? 1 : 0
    }
  }

  private func dots(_ count: Int, _ generator: inout SeededGenerator) -> Canvas {
    var centres: [(x: Double, y: Double)] = []
    while centres.count < count {
      let centre = (x: 1.6 * generator.uniform() - 0.8, y: 1.6 * generator.uniform() - 0.8)
      if centres.allSatisfy({ hypot($0.x - centre.x, $0.y - centre.y) > 0.45 }) {
        centres.append(centre)
      }
    }
    let radius = 0.15 + 0.05 * generator.uniform()
    return Canvas { x, y in
      centres.contains { hypot($0.x - x, $0.y - y) < radius } ? 1 : 0
    }
  }

  private func rings(_ label: Int, _ generator: inout SeededGenerator) -> Canvas {
    let (cx, cy) = (generator.uniform() - 0.5, generator.uniform() - 0.5)
    let frequency = 5 + 5 * (Double(label) + 0.4 * generator.uniform())
    let phase = 2 * Double.pi * generator.uniform()
    return Canvas { x, y in 0.5 + 0.5 * sin(frequency * hypot(x - cx, y - cy) + phase) }
  }

  private func colourImage(_ label: Int, _ generator: inout SeededGenerator) -> RGBImage {
    let canvas = TextureKind.clouds.canvas(&generator)
    let hue = (Double(label) + 0.5 * generator.uniform()) / Double(classCount)
    return canvas.image(
      background: .grey(0.3 + 0.4 * generator.uniform()),
      foreground: .hue(hue, value: 0.7 + 0.3 * generator.uniform()), noise: 14, &generator)
  }
}
