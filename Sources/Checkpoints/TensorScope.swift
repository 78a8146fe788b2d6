/// A checkpoint seen from inside a module: names are asked for relative to a prefix.
///
/// The path in the code is then the path in the checkpoint:
///
///     let encoder = TensorScope(checkpoint).scope("vision_model.encoder")
///     let weight = try encoder.scope("layers.0").tensor("mlp.fc1.weight", shape: [512, 128])
public struct TensorScope: Sendable {
  /// The checkpoint that has the tensors.
  public let checkpoint: Checkpoint
  /// What precedes every name, without the dot behind it; empty at the top.
  public let prefix: String

  /// The scope of a whole checkpoint, or of one of its modules.
  public init(_ checkpoint: Checkpoint, prefix: String = "") {
    self.checkpoint = checkpoint
    self.prefix = prefix
  }

  /// The scope of a module of this one.
  public func scope(_ name: String) -> TensorScope {
    TensorScope(checkpoint, prefix: fullName(name))
  }

  /// The name of a tensor in the checkpoint.
  public func fullName(_ name: String) -> String {
    prefix.isEmpty ? name : "\(prefix).\(name)"
  }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { checkpoint.contains(fullName(name)) }

  /// Whether there is any tensor in the module of this name.
  public func containsScope(_ name: String) -> Bool {
    let start = fullName(name) + "."
    return checkpoint.tensorNames.contains { $0.hasPrefix(start) }
  }

  /// Type, shape and file of a tensor, or `nil` when there is none of this name.
  public func descriptor(of name: String) -> TensorDescriptor? {
    checkpoint.descriptor(of: fullName(name))
  }

  /// Reads a floating-point tensor in row-major order.
  ///
  /// - Throws: as ``Checkpoint/floats(_:shape:)``.
  public func tensor(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    try checkpoint.floats(fullName(name), shape: shape)
  }

  /// Reads a floating-point tensor if it is there, such as a bias that some models leave out.
  ///
  /// - Returns: `nil` when there is no tensor of this name.
  /// - Throws: as ``Checkpoint/floats(_:shape:)``, but not for a missing tensor.
  public func tensorIfPresent(
    _ name: String, shape: [Int]
  ) throws(CheckpointError) -> [Float]? {
    contains(name) ? try tensor(name, shape: shape) : nil
  }

  /// Reads a floating-point tensor into memory of the caller.
  ///
  /// - Precondition: `output` has as many elements as `shape`.
  /// - Throws: as ``Checkpoint/floats(_:shape:)``.
  public func copyTensor(
    _ name: String, shape: [Int], into output: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    try checkpoint.copyFloats(fullName(name), shape: shape, into: output)
  }
}
