import Tensors

/// Gives the values of a tensor by role, name and shape; bridges checkpoints and tests.
///
/// It throws when the tensor is missing or has another shape.
public typealias ParameterSource = (_ tensor: ParameterLayout.Entry) throws -> [Float]

/// The values of a ``ParameterLayout`` in one aligned block of memory.
///
/// A trainer owns its stores and writes to them only between the parallel parts of a step, which
/// is why sharing the pointer across threads is safe.
public final class ParameterStore: @unchecked Sendable {
  /// Names, shapes and places.
  public let layout: ParameterLayout
  package let storage: FloatStorage

  /// A store of zeros.
  package init(_ layout: ParameterLayout) {
    self.layout = layout
    storage = FloatStorage(count: max(layout.count, 1))
  }

  /// A store filled from `source`, tensor by tensor.
  ///
  /// - Throws: what `source` throws; ``TrainingError/wrongElementCount(tensor:expected:actual:)``,
  ///   ``TrainingError/nonFiniteParameter(tensor:index:)``.
  public convenience init(_ layout: ParameterLayout, from source: ParameterSource) throws {
    self.init(layout)
    for entry in layout.entries {
      try fill(entry, with: source(entry))
    }
  }

  /// The values of a tensor, copied, or `nil` when there is none of this name.
  public func tensor(_ name: String) -> [Float]? {
    layout.entry(name).map { values($0) }
  }

  /// The values of a tensor, copied.
  public func values(_ entry: ParameterLayout.Entry) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer + entry.offset, count: entry.count))
  }

  /// Every value in storage order, copied.
  package var allValues: [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: layout.count))
  }

  package var pointer: UnsafeMutablePointer<Float> { storage.pointer }

  package func fill(_ entry: ParameterLayout.Entry, with values: [Float]) throws {
    guard values.count == entry.count else {
      throw TrainingError.wrongElementCount(
        tensor: entry.name, expected: entry.count, actual: values.count)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw TrainingError.nonFiniteParameter(tensor: entry.name, index: index)
    }
    for (index, value) in values.enumerated() { pointer[entry.offset + index] = value }
  }
}
