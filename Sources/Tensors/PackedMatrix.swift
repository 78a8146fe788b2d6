import CKernels

/// The weights W [N, K] of a linear layer (N outputs, K inputs), laid out for the matrix products.
///
/// Layout: panels P[ceil(N / 32)][K][32], so that a product reads memory in one direction; the last
/// panel is padded with zeros. In bf16 the panels are P[ceil(N / 32)][ceil(K / 2)][32] pairs of
/// neighbours along K, a pair in the space of one f32. The values are immutable once packed, so copies
/// share them.
public struct PackedMatrix: Sendable {
  /// N, the number of outputs.
  public let rows: Int
  /// K, the number of inputs.
  public let columns: Int
  /// What the panels hold.
  public let precision: Precision
  /// P[ceil(N / 32)][K][32], or pairs of bf16.
  public let panels: FloatStorage

  /// The number of outputs in a panel.
  public static let panelWidth = Int(RM_PANEL)

  /// ceil(N / 32): what callers split over threads.
  public var panelCount: Int { Self.panelCount(rows: rows) }

  /// Packs a row-major matrix [N, K], rounded to `precision`.
  public init(
    packing source: UnsafePointer<Float>, rows: Int, columns: Int, precision: Precision = .f32
  ) {
    self.init(
      source, rows: rows, columns: columns, rowStride: columns, columnStride: 1,
      precision: precision)
  }

  /// Packs the transpose of a row-major matrix [K, N].
  public init(packingTransposed source: UnsafePointer<Float>, rows: Int, columns: Int) {
    self.init(
      source, rows: rows, columns: columns, rowStride: 1, columnStride: rows, precision: .f32)
  }

  /// Packs a matrix whose rows are made one at a time, in order, so that it never exists as a whole.
  ///
  /// - Parameter fill: Writes row `row` (K elements, zero before the call).
  /// - Throws: What `fill` throws.
  public init(
    rows: Int, columns: Int,
    fill: (_ row: Int, _ elements: UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    self.rows = rows
    self.columns = columns
    precision = .f32
    panels = FloatStorage(count: Self.panelCount(rows: rows) * columns * Self.panelWidth)
    let strip = FloatStorage(count: Self.panelWidth * columns)
    for first in stride(from: 0, to: rows, by: Self.panelWidth) {
      let height = min(Self.panelWidth, rows - first)
      strip.pointer.update(repeating: 0, count: strip.count)
      for row in 0..<height {
        let elements = UnsafeMutableBufferPointer(
          start: strip.pointer + row * columns, count: columns)
        try fill(first + row, elements)
      }
      Kernels.forPacking.table.pointee.pack(
        strip.pointer, 1, columns, columns, height, panels.pointer + first * columns)
    }
  }

  /// A matrix whose panels were packed before.
  ///
  /// - Precondition: `panels` has as many elements as ``panelShape(rows:columns:precision:)`` says.
  public init(panels: FloatStorage, rows: Int, columns: Int, precision: Precision) {
    let shape = Self.panelShape(rows: rows, columns: columns, precision: precision)
    precondition(panels.count == shape.reduce(1, *), "panels of this many rows and columns")
    self.rows = rows
    self.columns = columns
    self.precision = precision
    self.panels = panels
  }

  private init(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int, columnStride: Int,
    precision: Precision
  ) {
    precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
    self.rows = rows
    self.columns = columns
    self.precision = precision
    panels = FloatStorage(
      count: Self.panelShape(rows: rows, columns: columns, precision: precision).reduce(1, *))
    let table = Kernels.forPacking.table
    switch precision {
    case .f32:
      table.pointee.pack(source, columnStride, rowStride, columns, rows, panels.pointer)
    case .bf16:
      panels.withWords {
        table.pointee.pack_bf16(source, columnStride, rowStride, columns, rows, $0)
      }
    }
  }

  /// Calls `body` with the memory of the panels.
  public func withPanelBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(panels) {
      try body(
        UnsafeRawBufferPointer(UnsafeBufferPointer(start: panels.pointer, count: panels.count)))
    }
  }

  /// Element (row, column); for tests and inspection.
  public subscript(row: Int, column: Int) -> Float {
    precondition(
      (0..<rows).contains(row) && (0..<columns).contains(column), "an index inside the matrix")
    let (panel, lane) = row.quotientAndRemainder(dividingBy: Self.panelWidth)
    switch precision {
    case .f32: return panels.pointer[(panel * columns + column) * Self.panelWidth + lane]
    case .bf16:
      let (pair, half) = column.quotientAndRemainder(dividingBy: 2)
      let place = (panel * ((columns + 1) / 2) + pair) * Self.panelWidth + lane
      return panels.withWords { Float(bitPattern: UInt32($0[2 * place + half]) << 16) }
    }
  }

  /// How the panels of a matrix lie in memory: `[ceil(N / 32), K, 32]`, or `[ceil(N / 32),
  /// ceil(K / 2), 32]` pairs of bf16.
  public static func panelShape(rows: Int, columns: Int, precision: Precision) -> [Int] {
    [panelCount(rows: rows), precision == .f32 ? columns : (columns + 1) / 2, panelWidth]
  }

  static func panelCount(rows: Int) -> Int { (rows + panelWidth - 1) / panelWidth }
}
