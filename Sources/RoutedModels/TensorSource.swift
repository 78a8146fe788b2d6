import Tensors

/// Where a model's weights come from: a checkpoint, or arithmetic on several.
public protocol TensorSource: Sendable {
  /// The tensor of that role as f32, row-major.
  ///
  /// - Throws: a typed error that names file and tensor when it is missing or has another shape.
  func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float]
  /// The weight of a linear map, packed for multiplication: tensors of one shape, one below the other.
  ///
  /// Shapes: roles.count tensors `[N, ...]` make a matrix `[roles.count * N, K]`.
  ///
  /// - Throws: as ``tensor(_:shape:)``.
  func matrix(_ roles: [TensorRole], shape: [Int], precision: Precision) throws -> PackedMatrix
  /// Whether there is a tensor of that role.
  func contains(_ role: TensorRole) -> Bool
  /// What the family calls the tensor, for messages, records and seeds.
  func name(of role: TensorRole) -> String
  /// The folder or file, for error messages.
  var path: String { get }
}

extension TensorSource {
  /// Reads the tensors and packs them.
  public func matrix(
    _ roles: [TensorRole], shape: [Int], precision: Precision
  ) throws -> PackedMatrix {
    let (height, width) = (shape.first ?? 1, shape.dropFirst().reduce(1, *))
    var elements: [Float] = []
    for role in roles {
      let tensor = try tensor(role, shape: shape)
      if roles.count == 1 { elements = tensor } else { elements += tensor }
    }
    return PackedMatrix(
      elements, rows: roles.count * height, columns: width, precision: precision)
  }
}
