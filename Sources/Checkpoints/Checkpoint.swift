import Diagnostics
import Files

/// One or several files of weights (safetensors, or archives that `torch.save` has written) seen as
/// one table of tensors, memory-mapped.
///
/// Opening checks the whole table of every file; data is read when asked for. Nothing that is
/// returned can contain NaN or infinity.
///
///     let checkpoint = try Checkpoint(path: "zoo/base")
///     let weight = try checkpoint.floats("visual_projection.weight", shape: [128, 128])
public struct Checkpoint: Sendable {
  /// The path as it was given: a file or a folder.
  public let path: String
  /// The `__metadata__` of the file; of shards, all of them together, where the first shard by name
  /// decides about a key that several have.
  public let metadata: [String: String]
  /// The names of all tensors, sorted by their UTF-8 bytes.
  public let tensorNames: [String]
  /// The files of weights, sorted by name.
  public let files: [String]
  let mappings: [MappedFile]
  /// Whether an index lists the files, even if it lists only one.
  let isSharded: Bool
  let placements: [String: Placement]
  /// Tensors that the shards have and their index does not list, sorted; they are no part of the
  /// model.
  public let unlistedTensors: [String]

  /// A tensor's entry and the file that has it.
  struct Placement: Sendable {
    let entry: SafetensorsHeader.Entry
    let mapping: MappedFile
  }

  /// Opens a file of weights, an `.index.json` file with its shards, or a folder with
  /// `model.safetensors` or `pytorch_model.bin`, or the index of either.
  ///
  /// Tensors of shards are those that the index lists; see ``unlistedTensors``.
  ///
  /// - Throws: ``CheckpointError`` and `PyTorchFileError` when a rule of the format is broken,
  ///   `FileError` when a file cannot be opened.
  public init(path: String) throws {
    let weights = try WeightFiles(path: path)
    let mappings = try weights.files.map { file throws(FileError) in try MappedFile(path: file) }
    let headers = try mappings.map { try WeightTable($0) }
    var placements: [String: Placement] = [:]
    var metadata: [String: String] = [:]
    for (mapping, header) in zip(mappings, headers) {
      let shared = header.entries.keys.filter { placements[$0] != nil }
      if let name = shared.min(by: precedesInBytes), let first = placements[name] {
        throw CheckpointError.tensorInTwoShards(
          tensor: name, first: first.mapping.path, second: mapping.path)
      }
      for (name, entry) in header.entries {
        placements[name] = Placement(entry: entry, mapping: mapping)
      }
      metadata.merge(header.metadata) { first, _ in first }
    }
    unlistedTensors = try weights.index?.unlisted(placements.mapValues(\.mapping.path)) ?? []
    for name in unlistedTensors { placements[name] = nil }
    self.path = path
    tensorNames = placements.keys.sorted(by: precedesInBytes)
    self.metadata = metadata
    self.files = weights.files
    self.mappings = mappings
    isSharded = weights.index != nil
    self.placements = placements
  }

  /// The same files with another table of tensors.
  init(_ other: Checkpoint, placements: [String: Placement]) {
    path = other.path
    metadata = other.metadata
    files = other.files
    mappings = other.mappings
    isSharded = other.isSharded
    unlistedTensors = other.unlistedTensors
    tensorNames = placements.keys.sorted(by: precedesInBytes)
    self.placements = placements
  }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { placements[name] != nil }

  /// Type, shape and file of a tensor, or `nil` when there is none of this name.
  public func descriptor(of name: String) -> TensorDescriptor? {
    placements[name].map {
      TensorDescriptor(
        name: name, elementType: $0.entry.elementType, shape: $0.entry.shape,
        file: $0.mapping.path)
    }
  }

  /// Where a tensor's data starts in its file.
  ///
  /// - Throws: ``CheckpointError/notRowMajor(tensor:file:)``.
  func location(
    of name: String
  ) throws(CheckpointError) -> (start: Int, mapping: MappedFile)? {
    guard let placement = placements[name] else { return nil }
    guard placement.entry.strides == nil else {
      throw .notRowMajor(tensor: name, file: placement.mapping.path)
    }
    return (placement.entry.range.lowerBound, placement.mapping)
  }

  // MARK: Values

  /// Reads a tensor of type F16, BF16, F32 or F64 in row-major order.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``,
  ///   ``CheckpointError/shapeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/elementTypeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/nonFinite(tensor:file:index:actual:)``, and
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)`` for an F64 beyond
  ///   the range of `Float`.
  public func floats(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    try array(name, shape, .floats, ElementConversion.floats)
  }

  /// Reads a tensor as ``floats(_:shape:)`` does, into memory of the caller.
  ///
  /// - Precondition: `output` has as many elements as `shape`.
  /// - Throws: as ``floats(_:shape:)``.
  public func copyFloats(
    _ name: String, shape: [Int], into output: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let placement = try placement(of: name, shape: shape, .floats)
    try copy(name, placement, into: output, .floats, ElementConversion.floats)
  }

  /// Reads a tensor of type F16, BF16, F32 or F64 without loss.
  ///
  /// - Throws: as ``floats(_:shape:)``.
  public func doubles(_ name: String, shape: [Int]) throws(CheckpointError) -> [Double] {
    try array(name, shape, .doubles, ElementConversion.doubles)
  }

  /// Reads a tensor of an integer type or of booleans.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``,
  ///   ``CheckpointError/shapeMismatch(tensor:file:expected:actual:)``,
  ///   ``CheckpointError/elementTypeMismatch(tensor:file:expected:actual:)``, and
  ///   ``CheckpointError/notRepresentable(tensor:file:index:expected:actual:)`` for a U64 of 2^63
  ///   or more, and for a boolean that is neither 0 nor 1.
  public func integers(_ name: String, shape: [Int]) throws(CheckpointError) -> [Int] {
    try array(name, shape, .integers, ElementConversion.integers)
  }

  /// Calls `body` with the stored bytes of a tensor, in row-major order, little-endian and at any
  /// alignment.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)`` and whatever `body` throws.
  public func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let placement = placements[name] else {
      throw CheckpointError.missingTensor(tensor: name, file: path)
    }
    return try placement.mapping.withBytes(placement.entry.range) { bytes in
      guard let strides = placement.entry.strides else { return try body(bytes) }
      let copy = RowMajorBytes(bytes, placement.entry, strides: strides)
      return try withExtendedLifetime(copy) { try body(copy.bytes) }
    }
  }

  /// The stored bytes of a tensor, and the mapping that must be kept alive while they are used.
  ///
  /// - Throws: ``CheckpointError/missingTensor(tensor:file:)``,
  ///   ``CheckpointError/notRowMajor(tensor:file:)``.
  package func mappedBytes(
    of name: String
  ) throws(CheckpointError) -> (bytes: UnsafeRawBufferPointer, file: MappedFile) {
    guard let placement = placements[name] else {
      throw .missingTensor(tensor: name, file: path)
    }
    guard placement.entry.strides == nil else {
      throw .notRowMajor(tensor: name, file: placement.mapping.path)
    }
    return placement.mapping.withBytes(placement.entry.range) { ($0, placement.mapping) }
  }

  /// The place of a tensor that must have a given shape and kind.
  func placement(
    of name: String, shape: [Int], _ kind: NumberKind
  ) throws(CheckpointError) -> Placement {
    guard let placement = placements[name] else {
      throw .missingTensor(tensor: name, file: path)
    }
    let entry = placement.entry
    guard entry.shape == shape else {
      throw .shapeMismatch(
        tensor: name, file: placement.mapping.path, expected: shape, actual: entry.shape)
    }
    guard kind.accepts(entry.elementType) else {
      throw .elementTypeMismatch(
        tensor: name, file: placement.mapping.path, expected: kind.expectation,
        actual: entry.elementType)
    }
    return placement
  }

  private typealias Conversion<Number> =
    (UnsafeRawBufferPointer, ElementType, UnsafeMutableBufferPointer<Number>)
    throws(ElementConversion.Fault) -> Void

  private func array<Number: AdditiveArithmetic>(
    _ name: String, _ shape: [Int], _ kind: NumberKind, _ conversion: Conversion<Number>
  ) throws(CheckpointError) -> [Number] {
    let placement = try placement(of: name, shape: shape, kind)
    // The header is checked: the file does have this many elements.
    let count = placement.entry.elementCount
    var failure: CheckpointError?
    let numbers = [Number](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      buffer.initialize(repeating: .zero)
      let output = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      do throws(CheckpointError) {
        try copy(name, placement, into: output, kind, conversion)
      } catch {
        failure = error
      }
      initializedCount = count
    }
    if let failure { throw failure }
    return numbers
  }

  private func copy<Number>(
    _ name: String, _ placement: Placement, into output: UnsafeMutableBufferPointer<Number>,
    _ kind: NumberKind, _ conversion: Conversion<Number>
  ) throws(CheckpointError) {
    let entry = placement.entry
    precondition(
      output.count == entry.elementCount,
      "the output has as many elements as the tensor")
    do throws(ElementConversion.Fault) {
      try placement.mapping.withBytes(entry.range) { bytes throws(ElementConversion.Fault) in
        guard let strides = entry.strides else {
          return try conversion(bytes, entry.elementType, output)
        }
        let copy = RowMajorBytes(bytes, entry, strides: strides)
        try conversion(copy.bytes, entry.elementType, output)
      }
      placement.mapping.giveBack(entry.range)
    } catch {
      throw error.error(
        tensor: name, file: placement.mapping.path, offset: 0,
        expected: kind.target(of: entry.elementType))
    }
  }
}

/// What a caller wants a tensor's elements to become.
enum NumberKind {
  case floats, doubles, integers

  func accepts(_ type: ElementType) -> Bool {
    switch self {
    case .floats, .doubles: type.isFloatingPoint
    case .integers: type.isInteger
    }
  }

  var expectation: String {
    switch self {
    case .floats, .doubles: "`F16`, `BF16`, `F32` or `F64`"
    case .integers: "an integer type or `BOOL`"
    }
  }

  /// The type that a value failed to fit in.
  func target(of type: ElementType) -> String {
    switch self {
    case .floats: ElementType.f32.rawValue
    case .doubles: ElementType.f64.rawValue
    case .integers: type == .bool ? type.rawValue : ElementType.i64.rawValue
    }
  }
}

/// The order of names in files and lists: by UTF-8 bytes, as upstream.
func precedesInBytes(_ first: String, _ second: String) -> Bool {
  first.utf8.lexicographicallyPrecedes(second.utf8)
}
