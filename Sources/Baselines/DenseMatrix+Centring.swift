extension DenseMatrix {
  /// The matrix with the mean of each column taken off.
  ///
  /// A column whose elements are all the same becomes exactly zero, which the rounded mean alone would
  /// not ensure.
  package func centred() -> DenseMatrix {
    guard rows > 0 else { return self }
    let means = columnSums.map { $0 / Double(rows) }
    let isConstant = (0..<columns).map { column in
      (1..<max(1, rows)).allSatisfy { elements[$0 * columns + column] == elements[column] }
    }
    var result = self
    for row in 0..<rows {
      for column in 0..<columns {
        let place = row * columns + column
        result.elements[place] = isConstant[column] ? 0 : elements[place] - means[column]
      }
    }
    return result
  }

  /// The matrix with each column centred and divided by its standard deviation; columns that do not
  /// vary become zero.
  package func standardized() -> DenseMatrix {
    var result = centred()
    var squares = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let element = result.elements[row * columns + column]
        squares[column] += element * element
      }
    }
    let factors = squares.map { $0 > 0 ? 1 / ($0 / Double(rows)).squareRoot() : 0 }
    for row in 0..<rows {
      for column in 0..<columns { result.elements[row * columns + column] *= factors[column] }
    }
    return result
  }
}
