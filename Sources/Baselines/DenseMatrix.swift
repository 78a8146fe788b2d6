/// A row-major matrix of Doubles: what the baselines' statistics are computed in.
///
/// The kernels of Tensors work in f32, which is what a model runs in; a score that is the small
/// difference of large sums needs more.
public struct DenseMatrix: Sendable, Hashable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row after row.
  public internal(set) var elements: [Double]

  /// A matrix of these elements.
  ///
  /// - Precondition: there are rows times columns elements.
  public init(rows: Int, columns: Int, elements: [Double]) {
    precondition(elements.count == rows * columns, "a matrix has rows times columns elements")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// A matrix of f32 elements, without loss.
  ///
  /// - Precondition: there are rows times columns elements.
  public init(rows: Int, columns: Int, floats: some Collection<Float>) {
    self.init(rows: rows, columns: columns, elements: floats.map { Double($0) })
  }

  /// The identity.
  public init(identity size: Int) {
    self.init(rows: size, columns: size, elements: [Double](repeating: 0, count: size * size))
    for index in 0..<size { elements[index * size + index] = 1 }
  }

  /// Element (row, column).
  public subscript(row: Int, column: Int) -> Double {
    precondition(
      (0..<rows).contains(row) && (0..<columns).contains(column), "an index inside the matrix")
    return elements[row * columns + column]
  }

  /// The sum of each column.
  var columnSums: [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { sums[column] += elements[row * columns + column] }
    }
    return sums
  }

  /// The sum of the products of equal places: the inner product of two matrices as vectors.
  ///
  /// - Precondition: the matrices have the same shape.
  func inner(_ other: DenseMatrix) -> Double {
    precondition(rows == other.rows && columns == other.columns, "matrices of one shape")
    var sum = 0.0
    for index in elements.indices { sum += elements[index] * other.elements[index] }
    return sum
  }
}
