import Checkpoints
import Diagnostics
import Documents
import Files
import GGUFFiles
import RoutedModels

/// A matrix `[outputs, inputs]`, or a vector `[outputs]`, wherever in a stored tensor it lies: an expert's
/// part of a fused tensor, every other column of it, or a tensor of its own.
///
/// Nothing is read until it is asked for, and then row by row.
public struct MatrixSlice: Sendable {
  /// The tensor that has the values.
  public let stored: StoredTensor
  /// The number of outputs.
  public let rows: Int
  /// The number of inputs; 1 for a vector.
  public let columns: Int
  /// The stored index of element (0, 0), and what lies between neighbours.
  private let first: Int
  private let rowStride: Int
  private let columnStride: Int

  init(
    _ stored: StoredTensor, rows: Int, columns: Int, first: Int, rowStride: Int, columnStride: Int
  ) throws(DecoderModelError) {
    self.stored = stored
    self.rows = rows
    self.columns = columns
    self.first = first
    self.rowStride = rowStride
    self.columnStride = columnStride
    if case .blocks(let type) = stored.storage {
      let length = type.blockLength
      guard columnStride == 1, columns % length == 0, first % length == 0, rowStride % length == 0
      else { throw .brokenBlocks(tensor: stored.name, file: stored.file.path) }
    }
  }

  /// The number of values.
  public var count: Int { rows * columns }

  /// The bytes that the values take in the file.
  public var byteCount: Int {
    let unit = stored.storage.unit
    return count / unit.length * unit.byteCount
  }

  /// Whether the values lie together, row by row.
  private var isContiguous: Bool { columnStride == 1 && (rowStride == columns || rows <= 1) }

  /// The values of rows as f32, row by row.
  ///
  /// - Precondition: `range` lies within `0..<rows`, and `output` has room for exactly them.
  /// - Throws: `CheckpointError`, ``DecoderModelError/nonFinite(tensor:file:row:)``.
  public func copyRows(
    _ range: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(output.count == range.count * columns, "room for the rows")
    if columnStride == 1, isContiguous {
      return try convert(first + range.lowerBound * columns, output, row: range.lowerBound)
    }
    if columnStride == 1 {
      for (place, row) in range.enumerated() {
        let part = UnsafeMutableBufferPointer(
          rebasing: output[place * columns..<(place + 1) * columns])
        try convert(first + row * rowStride, part, row: row)
      }
      return
    }
    // Stored with inputs first: one run of each input has the outputs that are asked for.
    let span = (range.count - 1) * rowStride + 1
    guard range.count > 0 else { return }
    var run = [Float](repeating: 0, count: span)
    try run.withUnsafeMutableBufferPointer { run in
      for column in 0..<columns {
        try convert(
          first + range.lowerBound * rowStride + column * columnStride, run, row: range.lowerBound)
        for place in 0..<range.count { output[place * columns + column] = run[place * rowStride] }
      }
    }
  }

  /// The values of rows.
  ///
  /// - Throws: as ``copyRows(_:into:)``.
  public func floats(rows range: Range<Int>) throws -> [Float] {
    var values = [Float](repeating: 0, count: range.count * columns)
    try values.withUnsafeMutableBufferPointer { try copyRows(range, into: $0) }
    return values
  }

  /// The grids that rows were quantised to, one for each group of neighbours; `nil` for floats.
  public func grids(rows range: Range<Int>) -> [GGUFBlocks.Grid]? {
    guard case .blocks(let type) = stored.storage else { return nil }
    return range.flatMap { row in
      withUnits(first + row * rowStride, columns) { GGUFBlocks.grids(type, $0) }
    }
  }

  /// The SHA-256 of the stored values in row-major order: equal for equal matrices, whatever layout
  /// they lie in, as long as they have the same type.
  ///
  /// - Throws: `FileError.changedMeanwhile` when the file became shorter.
  public func digest() throws -> Digest {
    var builder = SHA256Builder()
    if isContiguous {
      let step = max(1, (1 << 22) / stored.storage.unit.byteCount) * stored.storage.unit.length
      for start in stride(from: 0, to: count, by: step) {
        if stored.file.hasShrunk { throw FileError.changedMeanwhile(path: stored.file.path) }
        withUnits(first + start, min(step, count - start)) { builder.update($0) }
        giveBack(first + start, min(step, count - start))
      }
      return builder.finish()
    }
    for row in 0..<rows {
      if columnStride == 1 {
        withUnits(first + row * rowStride, columns) { builder.update($0) }
        continue
      }
      let size = stored.storage.unit.byteCount
      withUnits(first + row * rowStride, (columns - 1) * columnStride + 1) { bytes in
        var gathered = [UInt8](repeating: 0, count: columns * size)
        for column in 0..<columns {
          for byte in 0..<size {
            gathered[column * size + byte] = bytes[column * columnStride * size + byte]
          }
        }
        builder.update(gathered)
      }
    }
    return builder.finish()
  }

  /// Gives the pages of rows back to the system.
  public func giveBack(rows range: Range<Int>) {
    guard columnStride == 1, let last = range.last else { return }
    giveBack(first + range.lowerBound * rowStride, (last - range.lowerBound) * rowStride + columns)
  }

  private func giveBack(_ start: Int, _ count: Int) {
    let unit = stored.storage.unit
    let begin = stored.range.lowerBound + start / unit.length * unit.byteCount
    stored.file.giveBack(begin..<begin + count / unit.length * unit.byteCount)
  }

  private func withUnits<Result>(
    _ start: Int, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    let unit = stored.storage.unit
    let begin = stored.range.lowerBound + start / unit.length * unit.byteCount
    return stored.file.withBytes(begin..<begin + count / unit.length * unit.byteCount) { body($0) }
  }

  private func convert(
    _ start: Int, _ output: UnsafeMutableBufferPointer<Float>, row: Int
  ) throws {
    switch stored.storage {
    case .elements(let type):
      var failure: CheckpointError?
      withUnits(start, output.count) { bytes in
        do throws(CheckpointError) {
          try StoredElements.floats(
            bytes, type, of: stored.name, in: stored.file.path, offset: start, into: output)
        } catch { failure = error }
      }
      if let failure { throw failure }
    case .blocks(let type):
      withUnits(start, output.count) { GGUFBlocks.dequantize(type, $0, into: output) }
      guard output.allSatisfy(\.isFinite) else {
        throw DecoderModelError.nonFinite(
          tensor: stored.name, file: stored.file.path, row: row)
      }
    }
  }
}

extension MatrixSlice {
  /// A whole tensor of one or two dimensions.
  ///
  /// - Throws: ``DecoderModelError/unexpectedShape(tensor:file:expected:actual:)``.
  public init(whole tensor: StoredTensor) throws(DecoderModelError) {
    guard tensor.shape.count <= 2, !tensor.shape.isEmpty else {
      throw .unexpectedShape(
        tensor: tensor.name, file: tensor.file.path, expected: "one or two dimensions",
        actual: tensor.shape)
    }
    let columns = tensor.shape.count == 2 ? tensor.shape[1] : 1
    try self.init(
      tensor, rows: tensor.shape[0], columns: columns, first: 0, rowStride: columns,
      columnStride: 1)
  }
}
