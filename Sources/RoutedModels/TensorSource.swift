import Tensors

/// Where a tower's weights come from: a checkpoint, or arithmetic on several.
public protocol TensorSource: Sendable {
  /// The tensor of that name as f32, row-major.
  ///
  /// - Throws: a typed error that names file and tensor when it is missing or has another shape.
  func tensor(_ name: String, shape: [Int]) throws -> [Float]
  /// The weight of a linear map, packed for multiplication: tensors of one shape, one below the other.
  ///
  /// Shapes: names.count tensors `[N, ...]` make a matrix `[names.count * N, K]`.
  ///
  /// - Throws: as ``tensor(_:shape:)``.
  func matrix(_ names: [String], shape: [Int], precision: Precision) throws -> PackedMatrix
  /// Whether there is a tensor of that name.
  func contains(_ name: String) -> Bool
  /// The folder or file, for error messages.
  var path: String { get }
}

extension TensorSource {
  /// Reads the tensors and packs them.
  public func matrix(
    _ names: [String], shape: [Int], precision: Precision
  ) throws -> PackedMatrix {
    let (height, width) = (shape.first ?? 1, shape.dropFirst().reduce(1, *))
    var elements: [Float] = []
    for name in names {
      let tensor = try tensor(name, shape: shape)
      if names.count == 1 { elements = tensor } else { elements += tensor }
    }
    return PackedMatrix(
      elements, rows: names.count * height, columns: width, precision: precision)
  }
}
