import Foundation
import Tensors

/// Random numbers of a rewrite, by what they are for.
struct RewriteDraws: Sendable {
  let seed: UInt64
  let label: String

  private func generator(_ use: String) -> SeededGenerator {
    SeededGenerator(seed: seed, for: "\(label)/\(use)")
  }

  /// Numbers from the standard normal distribution.
  func normals(_ count: Int, _ use: String) -> [Double] {
    var generator = generator(use)
    return (0..<count).map { _ in generator.normal() }
  }

  /// -1 or 1.
  func signs(_ count: Int, _ use: String) -> [Double] {
    var generator = generator(use)
    return (0..<count).map { _ in generator.uniform() < 0.5 ? -1 : 1 }
  }

  /// An order of 0..<count.
  func order(_ count: Int, _ use: String) -> [Int] {
    var generator = generator(use)
    return generator.permutation(count)
  }

  /// An orthogonal matrix `[size, size]`: Gram and Schmidt on rows of normal numbers.
  func rotation(_ size: Int, _ use: String) -> [Double] {
    Self.orthonormal(normals(size * size, use), size: size)
  }

  /// An orthogonal matrix that keeps the direction (1, ..., 1).
  ///
  /// Equation: P^T diag(1, R) P with P an orthogonal matrix whose first row is that direction.
  func rotationKeepingMean(_ size: Int, _ use: String) -> [Double] {
    var start = normals(size * size, use + "/axes")
    for index in 0..<size { start[index] = 1 }
    let axes = Self.orthonormal(start, size: size)
    let inner = rotation(size - 1, use)
    var middle = [Double](repeating: 0, count: size * size)
    middle[0] = 1
    for row in 1..<size {
      for column in 1..<size {
        middle[row * size + column] = inner[(row - 1) * (size - 1) + column - 1]
      }
    }
    func product(_ a: [Double], _ b: [Double], transposing: Bool) -> [Double] {
      (0..<size * size).map { index in
        let (row, column) = (index / size, index % size)
        return (0..<size).reduce(0) {
          $0 + (transposing ? a[$1 * size + row] : a[row * size + $1]) * b[$1 * size + column]
        }
      }
    }
    return product(axes, product(middle, axes, transposing: false), transposing: true)
  }

  private static func orthonormal(_ values: [Double], size: Int) -> [Double] {
    var rows = (0..<size).map { Array(values[$0 * size..<($0 + 1) * size]) }
    for row in 0..<size {
      // Twice is enough (Kahan and Parlett).
      for _ in 0..<2 {
        for other in 0..<row {
          let share = zip(rows[row], rows[other]).reduce(0) { $0 + $1.0 * $1.1 }
          for index in 0..<size { rows[row][index] -= share * rows[other][index] }
        }
      }
      let length = rows[row].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for index in 0..<size { rows[row][index] /= length }
    }
    return rows.flatMap { $0 }
  }
}
