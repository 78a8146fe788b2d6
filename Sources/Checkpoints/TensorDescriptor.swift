/// What a checkpoint says about one of its tensors.
public struct TensorDescriptor: Sendable, Hashable {
  /// The full name, such as `encoder.layers.0.mlp.fc1.weight`.
  public let name: String
  /// The type of the stored elements.
  public let elementType: ElementType
  /// The dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The safetensors file that has the data.
  public let file: String

  /// Describes a tensor.
  public init(name: String, elementType: ElementType, shape: [Int], file: String) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.file = file
  }

  /// The number of elements.
  public var elementCount: Int { shape.reduce(1, *) }
}
