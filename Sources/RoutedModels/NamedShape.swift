/// A tensor's name and shape, as a checkpoint lists it.
public struct NamedShape: Sendable, Hashable {
  /// The name under which Hugging Face saves it.
  public let name: String
  /// Its shape.
  public let shape: [Int]

  /// A tensor of that name and shape.
  public init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}
