import Tensors

extension DenseMatrix {
  /// Which operands of a product are transposed.
  package struct Transposition: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let first = Transposition(rawValue: 1)
    package static let second = Transposition(rawValue: 2)
  }

  /// The product of this matrix and another, of which any may be transposed.
  ///
  /// Equation: C[M, N] = A[M, K] B[K, N]
  /// Numerics: an element sums over K in blocks of 256, in ascending order; its bits do not depend on
  /// the thread count.
  ///
  /// - Precondition: the inner sizes are the same.
  /// - Complexity: O(*M·N·K*) time; both operands are copied once.
  package func multiplied(
    by other: DenseMatrix, transposing: Transposition = [], pool: WorkerPool
  ) -> DenseMatrix {
    let first = Panels(self, alongColumns: transposing.contains(.first))
    let second = Panels(other, alongColumns: !transposing.contains(.second))
    precondition(first.depth == second.depth, "the inner sizes of a product are the same")
    let (M, N, K) = (first.count, second.count, first.depth)
    let result = DoubleStorage(count: M * N)
    let width = Panels.width
    pool.split(first.panelCount) { _, range in
      for start in stride(from: 0, to: K, by: 256) {
        let block = start..<min(start + 256, K)
        for row in range {
          for column in 0..<second.panelCount {
            addTile(
              first.panel(row), second.panel(column), block,
              rows: min(width, M - row * width), columns: min(width, N - column * width),
              to: result.pointer + row * width * N + column * width, stride: N)
          }
        }
      }
    }
    return DenseMatrix(rows: M, columns: N, elements: result.elements)
  }
}

/// Adds the products of four vectors with four vectors over a part of their length.
private func addTile(
  _ a: UnsafePointer<SIMD4<Double>>, _ b: UnsafePointer<SIMD4<Double>>, _ block: Range<Int>,
  rows: Int, columns: Int, to c: UnsafeMutablePointer<Double>, stride: Int
) {
  var (sum0, sum1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
  var (sum2, sum3) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
  for k in block {
    let (left, right) = (a[k], b[k])
    sum0 += right * left.x
    sum1 += right * left.y
    sum2 += right * left.z
    sum3 += right * left.w
  }
  for row in 0..<rows {
    let sum = row < 2 ? (row == 0 ? sum0 : sum1) : (row == 2 ? sum2 : sum3)
    for column in 0..<columns { c[row * stride + column] += sum[column] }
  }
}

/// A matrix cut into strips of four rows (or columns), each laid out so that a product reads memory in
/// one direction; the last strip is padded with zeros.
private struct Panels: Sendable {
  static let width = 4
  /// How many vectors there are.
  let count: Int
  /// How long they are.
  let depth: Int
  private let storage: DoubleStorage

  var panelCount: Int { (count + Self.width - 1) / Self.width }

  /// - Parameter alongColumns: the vectors are the columns of the matrix and not its rows.
  init(_ matrix: DenseMatrix, alongColumns: Bool) {
    count = alongColumns ? matrix.columns : matrix.rows
    depth = alongColumns ? matrix.rows : matrix.columns
    let width = Self.width
    storage = DoubleStorage(count: (count + width - 1) / width * depth * width)
    let columns = matrix.columns
    matrix.elements.withUnsafeBufferPointer { source in
      for vector in 0..<count {
        let target =
          storage.pointer + (vector / width * depth) * width + vector % width
        for k in 0..<depth {
          target[k * width] =
            alongColumns ? source[k * columns + vector] : source[vector * columns + k]
        }
      }
    }
  }

  func panel(_ index: Int) -> UnsafePointer<SIMD4<Double>> {
    UnsafeRawPointer(storage.pointer + index * depth * Self.width)
      .assumingMemoryBound(to: SIMD4<Double>.self)
  }
}

/// Memory for Doubles, aligned for vectors and freed with its last owner.
///
/// It is `Sendable` because threads write to different elements.
private final class DoubleStorage: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Double>

  init(count: Int) {
    self.count = count
    let bytes = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, count) * MemoryLayout<Double>.stride, alignment: 64)
    pointer = bytes.bindMemory(to: Double.self, capacity: count)
    pointer.initialize(repeating: 0, count: count)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  var elements: [Double] {
    withExtendedLifetime(self) { Array(UnsafeBufferPointer(start: pointer, count: count)) }
  }
}
