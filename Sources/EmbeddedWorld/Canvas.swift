import Foundation
import Probes
import Tensors

/// A square picture in the making: a shade between background and foreground for every pixel.
struct Canvas {
  /// Pixels a side.
  static let side = 32

  /// Shades `[side, side]`, 0 background, 1 foreground.
  private(set) var shades: [Double]

  /// A picture from a function of the pixel's place, centred: -1 to 1 across and down.
  init(_ shade: (_ x: Double, _ y: Double) -> Double) {
    shades = []
    shades.reserveCapacity(Self.side * Self.side)
    for row in 0..<Self.side {
      for column in 0..<Self.side {
        let value = shade(Self.place(column), Self.place(row))
        shades.append(min(max(value, 0), 1))
      }
    }
  }

  private static func place(_ index: Int) -> Double {
    (2 * Double(index) + 1) / Double(side) - 1
  }

  /// The picture in two colours, with noise of the given deviation (of 255) on every channel.
  func image(
    background: Colour, foreground: Colour, noise: Double, _ generator: inout SeededGenerator
  ) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * shades.count)
    for shade in shades {
      for channel in 0..<3 {
        let (low, high) = (background.channels[channel], foreground.channels[channel])
        let value = 255 * (low + (high - low) * shade) + noise * generator.normal()
        pixels.append(UInt8(min(max(value, 0), 255).rounded()))
      }
    }
    return RGBImage(width: Self.side, height: Self.side, pixels: pixels)
  }
}

/// Red, green and blue, 0 to 1.
struct Colour {
  let channels: [Double]

  /// A grey between dark and light.
  static func grey(_ level: Double) -> Colour { Colour(channels: [level, level, level]) }

  /// A saturated colour; hue 0 to 1 goes round from red by green and blue.
  static func hue(_ hue: Double, value: Double) -> Colour {
    Colour(
      channels: (0..<3).map { channel in
        let distance = abs(hue - Double(channel) / 3)
        let around = min(distance, 1 - distance)  // 0 at the channel's own hue, at most 1/2
        return value * min(max(2 - 6 * around, 0), 1)
      })
  }

  /// Any colour that is darker, or lighter, than the middle.
  static func random(light: Bool, _ generator: inout SeededGenerator) -> Colour {
    Colour(channels: (0..<3).map { _ in 0.4 * generator.uniform() + (light ? 0.6 : 0) })
  }
}
