import Checkpoints

/// The tensors of one model in a checkpoint, by role.
///
/// Hugging Face saves a tower as `vision_model.…`, or since transformers 5.6 without that; fusion_bench
/// and open models wrap it, so that the same names start with `model.` or `clip_model.`.
public struct CheckpointTensors: TensorSource {
  /// The checkpoint.
  public let checkpoint: Checkpoint
  /// What the family calls its tensors.
  public let names: TensorNames
  /// What stands before every name, often nothing.
  public let prefix: String
  /// What stands for the family's trunk here: the trunk, or nothing.
  private let trunk: String
  /// Gives optional tensors that this model was saved without; one at most.
  private let lenders: [CheckpointTensors]

  private init(
    _ checkpoint: Checkpoint, _ names: TensorNames, prefix: String, trunk: String,
    lenders: [CheckpointTensors] = []
  ) {
    self.checkpoint = checkpoint
    self.names = names
    self.prefix = prefix
    self.trunk = trunk
    self.lenders = lenders
  }

  /// Finds a model of a family in a checkpoint by its landmark.
  ///
  /// - Throws: ``ModelFamilyError/missingLandmark(file:family:tensor:)``,
  ///   ``ModelFamilyError/severalModels(file:family:places:)``.
  public init(_ checkpoint: Checkpoint, _ names: TensorNames) throws(ModelFamilyError) {
    let places = names.places(of: [names.landmark], among: checkpoint.tensorNames)
    guard let place = places.first else {
      throw .missingLandmark(
        file: checkpoint.path, family: names.family, tensor: names.name(of: names.landmark))
    }
    guard places.count == 1 else {
      throw .severalModels(
        file: checkpoint.path, family: names.family, places: places.map { $0.prefix + $0.trunk })
    }
    self.init(checkpoint, names, prefix: place.prefix, trunk: place.trunk)
  }

  /// Finds the gates of layer 0 in a checkpoint without a tower, under whatever prefix they were saved;
  /// `nil` when there are none.
  public init?(gates checkpoint: Checkpoint, _ names: TensorNames) {
    let roles = GateDepth.allCases.map { TensorRole($0.output, .weight, layer: 0) }
    guard let place = names.places(of: roles, among: checkpoint.tensorNames).first else {
      return nil
    }
    self.init(checkpoint, names, prefix: place.prefix, trunk: place.trunk)
  }

  /// The same tensors with those of `base` in place of optional ones that are not there: an expert that
  /// was saved without its projection has not changed it.
  public func borrowing(from base: CheckpointTensors) -> CheckpointTensors {
    CheckpointTensors(checkpoint, names, prefix: prefix, trunk: trunk, lenders: [base])
  }

  /// The folder or file, for error messages.
  public var path: String { checkpoint.path }

  /// What the family calls the tensor, wherever it is stored.
  public func name(of role: TensorRole) -> String { names.name(of: role) }

  /// The name under which the tensor is stored, or would be.
  public func storedName(of role: TensorRole) -> String {
    stored(role)?.descriptor.name ?? prefix
      + (names.candidates(for: role, trunk: trunk).first?.name ?? "")
  }

  /// Type, stored shape and file of the tensor, or `nil` when it is not there.
  public func descriptor(of role: TensorRole) -> TensorDescriptor? { stored(role)?.descriptor }

  private func stored(
    _ role: TensorRole
  ) -> (descriptor: TensorDescriptor, extent: TensorNames.Extent)? {
    for (name, extent) in names.candidates(for: role, trunk: trunk) {
      if let found = checkpoint.descriptor(of: prefix + name) { return (found, extent) }
    }
    return nil
  }

  private func lender(of role: TensorRole) -> CheckpointTensors? {
    role.isOptional ? lenders.first { $0.contains(role) } : nil
  }

  /// Whether there is a tensor of that role.
  public func contains(_ role: TensorRole) -> Bool {
    stored(role) != nil || lender(of: role) != nil
  }

  /// The tensor of that role as f32, row-major.
  ///
  /// - Throws: `CheckpointError`.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    guard let (descriptor, extent) = stored(role) else {
      if let lender = lender(of: role) { return try lender.tensor(role, shape: shape) }
      throw CheckpointError.missingTensor(tensor: storedName(of: role), file: path)
    }
    switch extent {
    case .whole: return try checkpoint.floats(descriptor.name, shape: shape)
    case .slice(let rows, let transposed):
      try Self.check(descriptor, extent, role, shape)
      let place = role.slot?.place ?? 0
      let stored = try checkpoint.stream(descriptor.name).floats(rows: place..<place + 1)
      return rows.picked(
        from: stored, rows: descriptor.shape[1],
        columns: descriptor.shape.dropFirst(2).reduce(1, *),
        transposed: transposed && shape.count > 1)
    case .part(let rows):
      try Self.check(descriptor, extent, role, shape)
      return rows.picked(
        from: try checkpoint.floats(descriptor.name, shape: descriptor.shape),
        rows: descriptor.shape[0], columns: shape.dropFirst().reduce(1, *), transposed: false)
    case .stack(let transposed):
      try Self.check(descriptor, extent, role, shape)
      let (height, place) = (transposed ? shape[1] : shape[0], role.slot?.place ?? 0)
      let stored = try checkpoint.stream(descriptor.name).floats(
        rows: place * height..<(place + 1) * height)
      return TensorNames.Rows.all.picked(
        from: stored, rows: height, columns: descriptor.shape[1], transposed: transposed)
    }
  }

  /// Refuses a checkpoint in which one of these tensors is missing or has another shape, before any
  /// weight is read.
  ///
  /// - Throws: `CheckpointError.missingTensor`, `CheckpointError.shapeMismatch`.
  public func require(_ tensors: [RoleShape]) throws(CheckpointError) {
    for tensor in tensors {
      guard let (descriptor, extent) = stored(tensor.role) else {
        if lender(of: tensor.role) != nil { continue }
        throw .missingTensor(tensor: storedName(of: tensor.role), file: path)
      }
      try Self.check(descriptor, extent, tensor.role, tensor.shape)
    }
  }

  private static func check(
    _ stored: TensorDescriptor, _ extent: TensorNames.Extent, _ role: TensorRole, _ shape: [Int]
  ) throws(CheckpointError) {
    var expected = shape
    if case .part(let rows) = extent, !rows.isAll { expected[0] *= 2 }
    if case .stack(let transposed) = extent {
      if transposed { expected.reverse() }
      let place = role.slot?.place ?? 0
      let height = expected.first ?? 1
      let count = height > 0 ? (stored.shape.first ?? 0) / height : 0
      let (rows, overflows) = height.multipliedReportingOverflow(by: max(count, place + 1))
      expected[0] = overflows ? height : rows
    }
    if case .slice(let rows, let transposed) = extent {
      if !rows.isAll { expected[0] *= 2 }
      if transposed { expected.reverse() }
      let count = stored.shape.first ?? 0
      let place = role.slot?.place ?? 0
      expected.insert(max(count, place + 1), at: 0)
    }
    guard stored.shape == expected else {
      throw .shapeMismatch(
        tensor: stored.name, file: stored.file, expected: expected, actual: stored.shape)
    }
  }
}

extension TensorNames.Rows {
  fileprivate var isAll: Bool { self == .all }

  /// The rows of a matrix `[outputs, inputs]`, or a vector `[outputs]`, that lies in memory as it is or
  /// transposed.
  fileprivate func picked(
    from stored: [Float], rows: Int, columns: Int, transposed: Bool
  ) -> [Float] {
    let (N, K) = transposed ? (columns, rows) : (rows, columns)
    let chosen: [Int] =
      switch self {
      case .all: Array(0..<N)
      case .lowerHalf: Array(0..<N / 2)
      case .upperHalf: Array(N / 2..<N)
      case .even: Array(stride(from: 0, to: N, by: 2))
      case .odd: Array(stride(from: 1, to: N, by: 2))
      }
    if !transposed { return chosen.flatMap { stored[$0 * K..<($0 + 1) * K] } }
    return chosen.flatMap { row in (0..<K).map { stored[$0 * N + row] } }
  }
}
