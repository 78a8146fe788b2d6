import Files

extension Checkpoint {
  /// Where a tensor's bytes lie, in row-major order and little-endian.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``,
  ///   ``CheckpointError/notRowMajor(tensor:file:)``.
  package func place(
    of name: String
  ) throws(CheckpointError) -> (range: Range<Int>, file: MappedFile) {
    guard let (start, file) = try location(of: name), let placement = placements[name] else {
      throw .missingTensor(tensor: name, file: path)
    }
    return (start..<placement.entry.range.upperBound, file)
  }
}

/// Elements that others have found in a file, as numbers.
package enum StoredElements {
  /// Converts `output.count` elements of a tensor, the first of which has the index `offset` in it.
  ///
  /// - Precondition: `bytes` has as many elements as `output`.
  /// - Throws: ``CheckpointError/elementTypeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/nonFinite(tensor:file:index:actual:)``,
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)``.
  package static func floats(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, of tensor: String, in file: String,
    offset: Int, into output: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard type.isFloatingPoint else {
      throw .elementTypeMismatch(
        tensor: tensor, file: file, expected: NumberKind.floats.expectation, actual: type)
    }
    do throws(ElementConversion.Fault) {
      try ElementConversion.floats(from: bytes, type, into: output)
    } catch {
      throw error.error(tensor: tensor, file: file, offset: offset, expected: "F32")
    }
  }
}
