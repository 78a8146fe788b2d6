extension ResponseGram {
  /// How far mirrored entries, Cauchy-Schwarz and sums may be off: additions in different orders.
  private static let slack = 1e-6

  /// Checks shapes, magnitudes, symmetry and Cauchy-Schwarz of every matrix.
  ///
  /// - Throws: ``CalibrationError`` naming the pair, layer and entry at fault.
  func validate() throws(CalibrationError) {
    guard (0...1).contains(maskedShare) else {
      throw .maskedShareOutOfRange(pair: pair, value: "\(maskedShare)")
    }
    guard let first = layers.first else { throw .noLayers(pair: pair) }
    let side = max(Self.root(first.count), 3)
    try Self.validate(layers, side: side, pair: pair)
    guard let blocks else { return }
    for (block, layers) in blocks.enumerated() {
      let pair = "\(pair), block \(block)"
      guard layers.count == self.layers.count else {
        throw .wrongLayerCount(pair: pair, expected: self.layers.count, actual: layers.count)
      }
      try Self.validate(layers, side: side, pair: pair)
    }
    try validateSums(of: blocks, side: side)
  }

  private func validateSums(
    of blocks: [[[Double]]], side: Int
  ) throws(CalibrationError) {
    for (layer, matrix) in layers.enumerated() {
      for (index, value) in matrix.enumerated() {
        let (row, column) = (index / side, index % side)
        let sum = blocks.reduce(0) { $0 + $1[layer][index] }
        let scale =
          matrix[row * side + row].squareRoot() * matrix[column * side + column].squareRoot()
        guard abs(sum - value) <= Self.slack * scale else {
          throw .blocksDoNotAddUp(
            pair: pair, layer: layer, row: row, column: column, expected: value, actual: sum)
        }
      }
    }
  }

  private static func validate(
    _ layers: [[Double]], side: Int, pair: String
  ) throws(CalibrationError) {
    for (layer, matrix) in layers.enumerated() {
      guard matrix.count == side * side else {
        throw .wrongGramSize(pair: pair, layer: layer, expected: side * side, actual: matrix.count)
      }
      try validate(matrix, side: side, layer: layer, pair: pair)
    }
  }

  private static func validate(
    _ matrix: [Double], side: Int, layer: Int, pair: String
  ) throws(CalibrationError) {
    for (index, value) in matrix.enumerated() where !(abs(value) <= magnitudeLimit) {
      throw .gramEntryOutOfRange(
        pair: pair, layer: layer, row: index / side, column: index % side, value: "\(value)")
    }
    for row in 0..<side where matrix[row * side + row] < 0 {
      throw .negativeSquare(pair: pair, layer: layer, row: row, value: matrix[row * side + row])
    }
    for row in 0..<side {
      for column in 0..<row {
        let (value, mirrored) = (matrix[row * side + column], matrix[column * side + row])
        let limit =
          matrix[row * side + row].squareRoot() * matrix[column * side + column].squareRoot()
        guard abs(value - mirrored) <= slack * limit else {
          throw .gramNotSymmetric(
            pair: pair, layer: layer, row: row, column: column, first: value, second: mirrored)
        }
        guard abs(value) <= (1 + slack) * limit else {
          throw .impossibleProduct(
            pair: pair, layer: layer, row: row, column: column, value: value, limit: limit)
        }
      }
    }
  }
}
