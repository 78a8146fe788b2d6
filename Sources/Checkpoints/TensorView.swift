import Files

/// A stored tensor, or some of its rows, seen under another name.
package struct TensorView: Sendable, Hashable {
  /// The name under which it is stored.
  package let tensor: String
  /// The rows that are seen; `nil` for all.
  package let rows: Range<Int>?
  /// Whether rows and columns change places.
  package let isTransposed: Bool

  /// A view of a tensor.
  package init(_ tensor: String, rows: Range<Int>? = nil, isTransposed: Bool = false) {
    self.tensor = tensor
    self.rows = rows
    self.isTransposed = isTransposed
  }
}

extension Checkpoint {
  /// The same files with other names for their tensors; tensors that no view shows are not there.
  ///
  /// Nothing is copied: data is read from the file when it is asked for, as before.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``, and
  ///   ``CheckpointError/shapeMismatch(tensor:file:expected:actual:)`` when a tensor has fewer rows
  ///   than are seen, or when one that is transposed is no matrix.
  package func viewing(_ views: [String: TensorView]) throws(CheckpointError) -> Checkpoint {
    var seen: [String: Placement] = [:]
    for (name, view) in views {
      guard let stored = placements[view.tensor] else {
        throw .missingTensor(tensor: view.tensor, file: path)
      }
      seen[name] = Placement(
        entry: try stored.entry.seen(through: view, file: stored.mapping.path),
        mapping: stored.mapping)
    }
    return Checkpoint(self, placements: seen)
  }
}

extension SafetensorsHeader.Entry {
  /// The part of the tensor that a view shows.
  fileprivate func seen(
    through view: TensorView, file: String
  ) throws(CheckpointError) -> SafetensorsHeader.Entry {
    var strides = strides ?? rowMajorStrides
    var (shape, range) = (shape, range)
    if let rows = view.rows {
      guard let height = shape.first, rows.lowerBound >= 0, rows.upperBound <= height else {
        throw .shapeMismatch(
          tensor: view.tensor, file: file, expected: [rows.upperBound] + shape.dropFirst(),
          actual: shape)
      }
      shape[0] = rows.count
      let size = elementType.byteCount
      let start = range.lowerBound + rows.lowerBound * strides[0] * size
      let last = zip(shape, strides).reduce(0) { $0 + max($1.0 - 1, 0) * $1.1 }
      range = shape.contains(0) ? start..<start : start..<(start + (last + 1) * size)
    }
    if view.isTransposed {
      guard shape.count == 2 else {
        throw .shapeMismatch(tensor: view.tensor, file: file, expected: [0, 0], actual: shape)
      }
      shape.reverse()
      strides.reverse()
    }
    let seen = SafetensorsHeader.Entry(
      elementType: elementType, shape: shape, range: range, strides: nil)
    // Where the order is row-major after all, nothing needs to be gathered.
    let isRowMajor = zip(zip(shape, strides), seen.rowMajorStrides).allSatisfy {
      $0.0 == 1 || $0.1 == $1
    }
    return isRowMajor || shape.contains(0)
      ? seen
      : SafetensorsHeader.Entry(
        elementType: elementType, shape: shape, range: range, strides: strides)
  }

  private var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for index in shape.indices.dropLast().reversed() {
      strides[index] = strides[index + 1] * shape[index + 1]
    }
    return strides
  }
}
