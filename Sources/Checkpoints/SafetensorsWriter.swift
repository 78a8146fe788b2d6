import Files

/// A tensor that is going to be written.
public struct TensorSpecification: Sendable, Hashable {
  /// The full name, not empty.
  public let name: String
  /// The type of the stored elements.
  public let elementType: ElementType
  /// The dimensions, outermost first.
  public let shape: [Int]

  /// Describes a tensor.
  public init(name: String, elementType: ElementType, shape: [Int]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }

  /// The number of elements.
  ///
  /// - Precondition: the shape has passed the writer's checks.
  var elementCount: Int { shape.reduce(1, *) }
}

/// Writes a safetensors file of any size in constant memory; it appears under its name complete or
/// not at all.
///
/// Tensors are laid out in the format's canonical order (by alignment of their element type, then
/// by name), so equal contents give equal files. Their data must arrive in that order, which
/// ``order`` tells, each tensor in as many pieces as wanted. Empty pieces change nothing.
///
///     let writer = try SafetensorsWriter(
///       path: "trace.safetensors",
///       tensors: [TensorSpecification(name: "router_logits", elementType: .f32, shape: [S, E, L])])
///     try writer.write("router_logits", floats: batch)
///     try writer.commit()
///
/// A writer that is dropped without ``commit()`` leaves nothing behind. After an error it can only be
/// dropped.
public final class SafetensorsWriter {
  /// The names of the tensors in the order in which their data must arrive.
  public let order: [String]
  private let path: String
  private let output: OutputFile
  private let tensors: [TensorSpecification]
  private var current = 0
  /// Elements of the current tensor that are written.
  private var written = 0
  /// Whether a write has failed half-way.
  private var isBroken = false

  /// How many elements are converted at a time.
  private static let pieceLength = 1 << 16

  /// Opens a temporary file beside `path` and writes the header.
  ///
  /// - Parameter alignment: what the place of the first tensor's data is a multiple of; a power of 2.
  /// - Throws: ``CheckpointError/emptyTensorName(file:)``,
  ///   ``CheckpointError/duplicateTensor(tensor:file:)``,
  ///   ``CheckpointError/tooManyDimensions(tensor:file:limit:)``,
  ///   ``CheckpointError/negativeDimension(tensor:file:dimension:actual:)``,
  ///   ``CheckpointError/shapeOverflows(tensor:file:shape:)``,
  ///   ``CheckpointError/headerTooLong(file:limit:actual:)``, `FileError`.
  public init(
    path: String, tensors: [TensorSpecification], metadata: [String: String] = [:],
    alignment: Int = 8, replacing: Bool = false
  ) throws {
    precondition(alignment >= 8 && alignment & (alignment - 1) == 0, "a power of 2, at least 8")
    self.path = path
    self.tensors = tensors.sorted { first, second in
      first.elementType == second.elementType
        ? precedesInBytes(first.name, second.name)
        : first.elementType.canonicalRank > second.elementType.canonicalRank
    }
    order = self.tensors.map(\.name)
    let header = try serializedHeader(
      self.tensors, metadata: metadata, alignment: alignment, file: path)
    output = try OutputFile(path: path, replacing: replacing)
    try output.write(header)
    skipEmptyTensors()
  }

  /// Appends elements to the current tensor, rounded to nearest, ties to even.
  ///
  /// - Precondition: `name` is the current tensor, its type is F16, BF16, F32 or F64, and it has
  ///   room for the elements.
  /// - Throws: ``CheckpointError/nonFinite(tensor:file:index:actual:)``,
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)`` when an element
  ///   would become infinite, `FileError`.
  public func write(_ name: String, floats: UnsafeBufferPointer<Float>) throws {
    guard !floats.isEmpty else { return }
    precondition(
      currentTensor(name).elementType.isFloatingPoint,
      "floats go into tensors of a floating-point type")
    try write(name, floats) { piece, type, bytes throws(ElementConversion.Fault) in
      try ElementConversion.encode(piece, as: type, into: bytes)
    }
  }

  /// Appends elements as ``write(_:floats:)-(_,UnsafeBufferPointer<Float>)`` does.
  ///
  /// - Throws: as for a buffer.
  public func write(_ name: String, floats: [Float]) throws {
    try floats.withUnsafeBufferPointer { try write(name, floats: $0) }
  }

  /// Appends elements to the current tensor.
  ///
  /// - Precondition: `name` is the current tensor, its type is an integer type or BOOL, and it has
  ///   room for the elements.
  /// - Throws: ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)``,
  ///   `FileError`.
  public func write(_ name: String, integers: [Int]) throws {
    guard !integers.isEmpty else { return }
    precondition(
      currentTensor(name).elementType.isInteger, "integers go into tensors of an integer type")
    try integers.withUnsafeBufferPointer { integers in
      try write(name, integers) { piece, type, bytes throws(ElementConversion.Fault) in
        try ElementConversion.encode(piece, as: type, into: bytes)
      }
    }
  }

  /// Appends stored elements, little-endian, as they are.
  ///
  /// - Precondition: `name` is the current tensor, `bytes` has whole elements, and the tensor has
  ///   room for them.
  /// - Throws: `FileError`.
  public func write(_ name: String, bytes: UnsafeRawBufferPointer) throws {
    guard !bytes.isEmpty else { return }
    let size = currentTensor(name).elementType.byteCount
    precondition(bytes.count.isMultiple(of: size), "only whole elements are written")
    let count = bytes.count / size
    checkRoom(count)
    isBroken = true
    try output.write(bytes)
    isBroken = false
    advance(count)
  }

  /// Flushes the file and gives it its name.
  ///
  /// - Precondition: the data of every tensor is written.
  /// - Throws: `FileError`.
  public func commit() throws {
    precondition(!isBroken, "a writer is dropped after an error")
    precondition(current == tensors.count, "every tensor is written before the commit")
    try output.commit()
  }

  // MARK: Progress through the file

  private func write<Number>(
    _ name: String, _ numbers: UnsafeBufferPointer<Number>,
    _ encode: (UnsafeBufferPointer<Number>, ElementType, UnsafeMutableRawBufferPointer)
      throws(ElementConversion.Fault) -> Void
  ) throws {
    let tensor = currentTensor(name)
    checkRoom(numbers.count)
    let size = tensor.elementType.byteCount
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(numbers.count, Self.pieceLength) * size, alignment: 64)
    defer { bytes.deallocate() }
    isBroken = true  // Until all is written: what a failure leaves behind is never committed.
    var start = 0
    while start < numbers.count {
      let end = min(start + Self.pieceLength, numbers.count)
      do throws(ElementConversion.Fault) {
        try encode(UnsafeBufferPointer(rebasing: numbers[start..<end]), tensor.elementType, bytes)
      } catch {
        throw error.error(
          tensor: name, file: path, offset: written + start,
          expected: tensor.elementType.rawValue)
      }
      try output.write(UnsafeRawBufferPointer(rebasing: bytes[..<((end - start) * size)]))
      start = end
    }
    isBroken = false
    advance(numbers.count)
  }

  /// The tensor whose data is due, which must be the one of this name.
  private func currentTensor(_ name: String) -> TensorSpecification {
    precondition(!isBroken, "a writer is dropped after an error")
    precondition(
      current < tensors.count && tensors[current].name == name,
      "tensors are written in the order that `order` tells, none beyond its shape: \(name)")
    return tensors[current]
  }

  private func checkRoom(_ count: Int) {
    precondition(
      count <= tensors[current].elementCount - written,
      "a tensor takes as many elements as its shape says: \(tensors[current].name)")
  }

  private func advance(_ count: Int) {
    written += count
    guard written == tensors[current].elementCount else { return }
    written = 0
    current += 1
    skipEmptyTensors()
  }

  private func skipEmptyTensors() {
    while current < tensors.count, tensors[current].shape.contains(0) { current += 1 }
  }
}

/// Writes small tensors at once: floats, converted to the type of each specification.
///
/// - Precondition: every tensor has as many values as its shape says.
/// - Throws: as ``SafetensorsWriter``.
public func writeSafetensors(
  path: String, tensors: [(tensor: TensorSpecification, values: [Float])],
  metadata: [String: String] = [:], replacing: Bool = false
) throws {
  let writer = try SafetensorsWriter(
    path: path, tensors: tensors.map(\.tensor), metadata: metadata, replacing: replacing)
  let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.tensor.name, $0.values) })
  for name in writer.order { try writer.write(name, floats: values[name, default: []]) }
  try writer.commit()
}
