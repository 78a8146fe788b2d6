import Files

/// A tensor that is read row by row in constant memory, however long it is.
///
/// A row is all that shares its first index: of `[S, E, L]`, row s has the shape `[E, L]`. Rows may
/// be read in any order, several times, and from several threads.
///
///     let trace = try Checkpoint(path: "trace.safetensors").stream("router_logits")
///     try trace.copyFloats(rows: 0..<1024, into: buffer)
public final class TensorStream: Sendable {
  /// Name, element type, shape and file.
  public let descriptor: TensorDescriptor
  /// The size of the first dimension.
  public let rowCount: Int
  /// The number of elements of a row.
  public let rowLength: Int
  private let file: RandomAccessFile
  private let start: Int

  /// How many bytes are converted at a time.
  private static let pieceLength = 1 << 18

  init(_ descriptor: TensorDescriptor, start: Int, in mapping: MappedFile) throws {
    self.descriptor = descriptor
    self.start = start
    rowCount = descriptor.shape.first ?? 1
    rowLength = descriptor.shape.dropFirst().reduce(1, *)
    file = try RandomAccessFile(path: descriptor.file)
    guard file.count == mapping.count else {
      throw CheckpointError.fileChanged(
        file: descriptor.file, expected: mapping.count, actual: file.count)
    }
    // The header was read from the mapping: the rows must come from the same file.
    guard file.version == mapping.version else {
      throw FileError.changedMeanwhile(path: descriptor.file)
    }
  }

  /// Reads rows of type F16, BF16, F32 or F64.
  ///
  /// - Precondition: `rows` lies within `0..<rowCount` and `output` has room for exactly them.
  /// - Throws: ``CheckpointError/elementTypeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/nonFinite(tensor:file:index:actual:)``,
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)``, `FileError`.
  ///   Indices count from the start of the tensor.
  public func copyFloats(
    rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) throws {
    try copy(rows, into: output, .floats, ElementConversion.floats)
  }

  /// Reads rows of an integer type or of booleans.
  ///
  /// - Precondition: as for ``copyFloats(rows:into:)``.
  /// - Throws: ``CheckpointError/elementTypeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)``, `FileError`.
  public func copyIntegers(
    rows: Range<Int>, into output: UnsafeMutableBufferPointer<Int>
  ) throws {
    try copy(rows, into: output, .integers, ElementConversion.integers)
  }

  /// Reads rows as ``copyFloats(rows:into:)`` does.
  ///
  /// - Throws: as ``copyFloats(rows:into:)``.
  public func floats(rows: Range<Int>) throws -> [Float] {
    var output = [Float](repeating: 0, count: rows.count * rowLength)
    try output.withUnsafeMutableBufferPointer { try copyFloats(rows: rows, into: $0) }
    return output
  }

  /// Reads rows as ``copyIntegers(rows:into:)`` does.
  ///
  /// - Throws: as ``copyIntegers(rows:into:)``.
  public func integers(rows: Range<Int>) throws -> [Int] {
    var output = [Int](repeating: 0, count: rows.count * rowLength)
    try output.withUnsafeMutableBufferPointer { try copyIntegers(rows: rows, into: $0) }
    return output
  }

  private func copy<Number>(
    _ rows: Range<Int>, into output: UnsafeMutableBufferPointer<Number>, _ kind: NumberKind,
    _ conversion: (UnsafeRawBufferPointer, ElementType, UnsafeMutableBufferPointer<Number>)
      throws(ElementConversion.Fault) -> Void
  ) throws {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount, "the rows lie within the tensor")
    precondition(output.count == rows.count * rowLength, "the output has room for the rows")
    let type = descriptor.elementType
    guard kind.accepts(type) else {
      throw CheckpointError.elementTypeMismatch(
        tensor: descriptor.name, file: descriptor.file, expected: kind.expectation, actual: type)
    }
    let pieceCount = min(Self.pieceLength / type.byteCount, output.count)
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: pieceCount * type.byteCount, alignment: 64)
    defer { piece.deallocate() }
    let first = rows.lowerBound * rowLength
    var done = 0
    while done < output.count {
      let count = min(pieceCount, output.count - done)
      let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<(count * type.byteCount)])
      try file.read(at: start + (first + done) * type.byteCount, into: part)
      do throws(ElementConversion.Fault) {
        try conversion(
          UnsafeRawBufferPointer(part), type,
          UnsafeMutableBufferPointer(rebasing: output[done..<(done + count)]))
      } catch {
        throw error.error(
          tensor: descriptor.name, file: descriptor.file, offset: first + done,
          expected: kind.target(of: type))
      }
      done += count
    }
  }
}

extension Checkpoint {
  /// Opens a tensor for reading row by row; `rowShape`, when given, must be its shape without the
  /// first dimension.
  ///
  /// A scalar counts as one row.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``,
  ///   ``CheckpointError/shapeMismatch(tensor:file:expected:actual:)`` (with the tensor's own first
  ///   dimension as expected), ``CheckpointError/notRowMajor(tensor:file:)``,
  ///   ``CheckpointError/fileChanged(file:expected:actual:)``, `FileError`.
  public func stream(_ name: String, rowShape: [Int]? = nil) throws -> TensorStream {
    guard let descriptor = descriptor(of: name), let place = try location(of: name) else {
      throw CheckpointError.missingTensor(tensor: name, file: path)
    }
    if let rowShape {
      let expected = descriptor.shape.prefix(1) + rowShape
      guard !descriptor.shape.isEmpty, descriptor.shape == Array(expected) else {
        throw CheckpointError.shapeMismatch(
          tensor: name, file: descriptor.file, expected: Array(expected),
          actual: descriptor.shape)
      }
    }
    return try TensorStream(descriptor, start: place.start, in: place.mapping)
  }
}
