extension PackedMatrix {
  /// Packs a row-major `[N, K]` array.
  ///
  /// - Precondition: the array has N times K numbers.
  public init(_ elements: [Float], rows: Int, columns: Int, precision: Precision = .f32) {
    precondition(elements.count == rows * columns, "an [N, K] matrix has N times K numbers")
    self = elements.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else {
        return PackedMatrix(rows: rows, columns: columns) { _, _ in }
      }
      return PackedMatrix(
        packing: start, rows: rows, columns: columns, precision: precision)
    }
  }
}
