import RoutedModels
import VisionTransformers

/// Whether an expert's MLP weights lie on a grid of a few levels, as quantisation leaves them.
///
/// Equation: b bits if w / s is an integer for every weight of a row, s = max |w| / (2^(b-1) - 1)
/// The mean distance from the integers tells: 1/4 for weights that were never rounded, 0 on the grid,
/// and a little more when the result was stored in 16 bits.
public struct GridRounding: Sendable, Hashable {
  /// The mean distance from the grid below which a row counts as rounded.
  static let largestDistance = 0.05
  /// The share of rows that must be rounded.
  static let smallestRowShare = 0.9

  /// b, from 2 to 8.
  public let bits: Int
  /// The share of rows that lie on the grid.
  public let rowShare: Double
  /// The mean over weights of s^2 / 12 times the square of the norm's gain before them: what rounding adds
  /// to the square error of a weight with its norm folded.
  public let noiseSquare: Double

  /// Looks for the coarsest grid that the weights lie on.
  ///
  /// - Returns: `nil` when they lie on none.
  /// - Throws: the source's errors.
  public init?(_ tower: any TensorSource, _ configuration: VisionTowerConfiguration) throws {
    let D = configuration.hiddenSize
    let gains = try (0..<configuration.hiddenLayerCount).map { layer in
      let gain = try tower.tensor(TensorRole(.expertNorm, .weight, layer: layer), shape: [D])
      return gain.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(D)
    }  // mean squares, [L]
    var candidates = Array(2...8)
    var rounded = [Int: Int]()
    var noise = [Int: Double]()
    var (rows, weights) = (0, 0)
    for matrix in configuration.mlpWeights {
      let values = try tower.tensor(matrix.role, shape: matrix.shape)
      let columns = matrix.shape[1]
      let gain = matrix.role.component == .down ? 1 : gains[matrix.role.layer ?? 0]
      for start in stride(from: 0, to: values.count, by: columns) {
        let row = values[start..<start + columns]
        let largest = row.reduce(Float(0)) { max($0, $1.magnitude) }
        guard largest > 0 else { continue }
        rows += 1
        weights += columns
        for bits in candidates {
          let step = Double(largest) / Double((1 << (bits - 1)) - 1)
          noise[bits, default: 0] += step * step / 12 * Double(columns) * gain
          if Self.distance(row, step) < Self.largestDistance { rounded[bits, default: 0] += 1 }
        }
      }
      // A whole matrix tells; the other grids need not be tried again.
      candidates.removeAll {
        Double(rounded[$0, default: 0]) < Self.smallestRowShare * Double(rows)
      }
    }
    guard rows > 0, let bits = candidates.first else { return nil }
    self.bits = bits
    rowShare = Double(rounded[bits, default: 0]) / Double(rows)
    noiseSquare = noise[bits, default: 0] / Double(weights)
  }

  /// The mean distance of a row's weights from multiples of the step, in steps; zeros do not count.
  private static func distance(_ row: ArraySlice<Float>, _ step: Double) -> Double {
    var (sum, count) = (0.0, 0)
    for weight in row where weight != 0 {
      let quotient = Double(weight) / step
      sum += abs(quotient - quotient.rounded())
      count += 1
    }
    return sum / Double(max(count, 1))
  }
}
