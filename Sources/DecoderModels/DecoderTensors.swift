import Files
import RoutedModels
import Tensors

/// The tensors of a decoder, by role.
///
/// Experts are looked for in every layout that the family knows; a mixture of mergekit is read whichever
/// version has written it.
public struct DecoderTensors: TensorSource {
  /// All tensors by their stored names.
  public let store: WeightStore
  /// What the family calls them.
  public let names: TensorNames
  private let prefix: String
  private let trunk: String

  /// Finds a decoder among tensors.
  ///
  /// - Throws: `ModelFamilyError`.
  public init(_ store: WeightStore, _ names: TensorNames) throws(ModelFamilyError) {
    let places = names.places(of: [names.landmark], among: store.names)
    guard let place = places.first else {
      throw .missingLandmark(
        file: store.path, family: names.family, tensor: names.name(of: names.landmark))
    }
    guard places.count == 1 else {
      throw .severalModels(
        file: store.path, family: names.family, places: places.map { $0.prefix + $0.trunk })
    }
    self.store = store
    self.names = names
    prefix = place.prefix
    trunk = place.trunk
  }

  /// The file or folder.
  public var path: String { store.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { names.name(of: role) }

  /// Whether there is a tensor of that role.
  public func contains(_ role: TensorRole) -> Bool { stored(role) != nil }

  private func stored(
    _ role: TensorRole
  ) -> (name: String, extent: TensorNames.Extent, shape: [Int])? {
    for (name, extent) in names.candidates(for: role, trunk: trunk) {
      for full in [prefix + name, name] {
        if let outline = store.outline(full) { return (full, extent, outline.shape) }
      }
    }
    return nil
  }

  /// The size of the first dimension of the tensor that holds a role, whatever part the role is of it.
  func leadingDimension(of role: TensorRole) -> Int? { stored(role)?.shape.first }

  /// How many experts a tensor of a layer holds beside each other; `nil` when each has its own.
  func fusedCount(of role: TensorRole) -> Int? {
    guard let found = stored(role), case .slice = found.extent else { return nil }
    return found.shape.first
  }

  /// A tensor of that role as a matrix `[outputs, inputs]`, before anything is read.
  ///
  /// - Parameter hidden: I, the hidden units of an expert, which stacked layouts need.
  /// - Throws: ``DecoderModelError``, `CheckpointError`.
  public func slice(_ role: TensorRole, hidden: Int? = nil) throws -> MatrixSlice {
    guard let found = stored(role), let tensor = try store.tensor(found.name) else {
      throw DecoderModelError.missingTensor(role: role.words, path: path)
    }
    func fail(_ expected: String) -> DecoderModelError {
      .unexpectedShape(
        tensor: tensor.name, file: tensor.file.path, expected: expected, actual: tensor.shape)
    }
    let place = role.slot?.place ?? 0
    var (height, width, first) = (tensor.shape.first ?? 1, tensor.shape.last ?? 1, 0)
    var (picked, transposed) = (TensorNames.Rows.all, false)
    switch found.extent {
    case .whole:
      guard tensor.shape.count <= 2 else { throw fail("a matrix or a vector") }
      if tensor.shape.count < 2 { width = 1 }
    case .part(let rows):
      guard tensor.shape.count == 2 else { throw fail("a matrix") }
      picked = rows
    case .slice(let rows, let inputsFirst):
      guard tensor.shape.count == 3, place < tensor.shape[0] else {
        throw fail("three dimensions, \(place + 1) or more experts first")
      }
      (height, width) = (tensor.shape[1], tensor.shape[2])
      first = place * height * width
      (picked, transposed) = (rows, inputsFirst)
    case .stack(let inputsFirst):
      guard tensor.shape.count == 2, let hidden, hidden > 0, height % hidden == 0,
        place < height / hidden
      else { throw fail("a matrix of \(place + 1) or more experts") }
      height = hidden
      first = place * height * width
      transposed = inputsFirst
    }
    // As stored: `height` runs of `width`. Seen as [outputs, inputs]:
    var (rows, columns) = transposed ? (width, height) : (height, width)
    var (rowStride, columnStride) = transposed ? (1, width) : (width, 1)
    if picked != .all {
      guard rows % 2 == 0 else { throw fail("an even number of rows") }
      rows /= 2
      switch picked {
      case .upperHalf: first += rows * rowStride
      case .odd: first += rowStride
      case .all, .lowerHalf, .even: break
      }
      if picked == .even || picked == .odd { rowStride *= 2 }
    }
    if columns == 0 || rows == 0 { (rowStride, columnStride, rows, columns) = (1, 1, 0, 0) }
    return try MatrixSlice(
      tensor, rows: rows, columns: columns, first: first, rowStride: rowStride,
      columnStride: columnStride)
  }

  /// The tensor of that role as f32.
  ///
  /// - Throws: ``DecoderModelError``, `CheckpointError`.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let slice = try slice(role, hidden: role.component == .down ? shape.last : shape.first)
    guard shape.reduce(1, *) == slice.count, shape.first == slice.rows else {
      throw DecoderModelError.unexpectedShape(
        tensor: slice.stored.name, file: path, expected: "\(shape)", actual: slice.stored.shape)
    }
    return try slice.floats(rows: 0..<slice.rows)
  }
}

extension TensorRole {
  /// The role in words, for messages.
  var words: String {
    var words = "`\(component.rawValue)`"
    if let slot {
      switch slot {
      case .dense, .base: words += " of the MLP"
      case .expert(let place), .taskVector(let place): words += " of expert \(place)"
      case .shared(let place): words += " of shared expert \(place)"
      }
    }
    return layer.map { words + " in layer \($0)" } ?? words
  }
}
