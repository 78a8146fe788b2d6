import Checkpoints
import Documents
import Files
import ModelMerging
import RoutedModels
import VisionTransformers

/// What a mark does to one tensor.
public struct MarkedTensor: Sendable, Hashable, Codable {
  /// What the model's family calls the tensor.
  public let name: String
  /// epsilon: what the pattern was multiplied by.
  public let amplitude: Double
  /// The largest change of a weight.
  public let largestChange: Double
  /// |change| / |weights|.
  public let relativeChange: Double

  private enum CodingKeys: String, CodingKey {
    case name, amplitude
    case largestChange = "largest_change"
    case relativeChange = "relative_change"
  }
}

/// A tower whose weights get a secret pattern.
///
/// Equation: V = round(V' + epsilon xi), epsilon = strength x the standard deviation of V' - base over the
/// tensor; V' the unmarked weights, xi the pattern. Rounding to f16 and bf16 is stochastic, with dither from the key, so
/// that the same key gives the same bytes again.
public struct WeightMark: Sendable {
  private let model: ModelFolder
  private let own: CheckpointTensors
  private let base: CheckpointTensors
  private let pattern: MarkPattern
  private let strength: Double
  private let tensors: [RoleShape]

  /// Prepares a mark.
  ///
  /// - Throws: ``WeightMarkError``.
  public init(
    on model: ModelFolder, base: ModelFolder, pattern: MarkPattern, strength: Double,
    scope: MarkScope
  ) throws(WeightMarkError) {
    guard case .tower(let own) = model.form else { throw .notAPlainTower(path: model.path) }
    guard case .tower(let origin) = base.form else { throw .notAPlainTower(path: base.path) }
    if let difference = base.configuration.difference(from: model.configuration) {
      throw .anotherShape(
        path: model.path, key: difference.key, expected: difference.expected,
        actual: difference.actual)
    }
    guard strength > 0, strength <= 10 else { throw .strengthOutOfRange(actual: "\(strength)") }
    self.model = model
    self.own = own
    self.base = origin
    self.pattern = pattern
    self.strength = strength
    tensors = scope.tensors(of: model.configuration)
  }

  /// Writes the marked model, a tensor at a time; all other tensors keep their bytes.
  ///
  /// The `training` section of `config.json` is left out, since it states the seed that re-run tests keep secret.
  ///
  /// - Throws: ``WeightMarkError``, `CheckpointError`, `FileError`.
  public func write(
    to path: String, replacing: Bool, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> [MarkedTensor] {
    let folder = try OutputFolder(path: path, replacing: replacing)
    let checkpoint = own.checkpoint
    let marked = Dictionary(
      tensors.map { (own.storedName(of: $0.role), $0) }
    ) { first, _ in first }
    let descriptors = checkpoint.tensorNames.compactMap { checkpoint.descriptor(of: $0) }
    let writer = try SafetensorsWriter(
      path: folder.path(of: "model.safetensors"),
      tensors: descriptors.map {
        TensorSpecification(name: $0.name, elementType: $0.elementType, shape: $0.shape)
      }, metadata: checkpoint.metadata)
    var changes: [String: MarkedTensor] = [:]
    for (index, name) in writer.order.enumerated() {
      if let tensor = marked[name], let type = checkpoint.descriptor(of: name)?.elementType {
        let (values, change) = try values(of: tensor, as: type)
        changes[name] = change
        try writer.write(name, floats: values)
      } else {
        try checkpoint.withBytes(of: name) { try writer.write(name, bytes: $0) }
      }
      progress(index + 1, writer.order.count)
    }
    try writer.commit()
    try writeConfiguration(to: folder)
    try folder.commit()
    return tensors.compactMap { changes[own.storedName(of: $0.role)] }
  }

  /// The marked values of a tensor, as a type stores them, and what changed.
  ///
  /// - Throws: ``WeightMarkError/sameAsBase(tensor:path:)``, `CheckpointError`.
  package func values(
    of tensor: RoleShape, as type: ElementType
  ) throws -> (values: [Float], change: MarkedTensor) {
    let unmarked = try own.tensor(tensor.role, shape: tensor.shape)
    let origin = try base.tensor(tensor.role, shape: tensor.shape)
    let amplitude = strength * Self.deviation(unmarked, origin)
    guard amplitude > 0 else {
      throw WeightMarkError.sameAsBase(tensor: own.storedName(of: tensor.role), path: model.path)
    }
    let xi = pattern.values(over: tensor.role, count: unmarked.count)
    let dither = pattern.dither(over: tensor.role, count: unmarked.count)
    let values = unmarked.indices.map { index in
      StochasticRounding.rounded(
        Double(unmarked[index]) + amplitude * Double(xi[index]), to: type, dither: dither[index])
    }
    var (largest, change, size) = (0.0, 0.0, 0.0)
    for (old, new) in zip(unmarked, values) {
      let difference = Double(new) - Double(old)
      largest = max(largest, abs(difference))
      change += difference * difference
      size += Double(old) * Double(old)
    }
    return (
      values,
      MarkedTensor(
        name: own.storedName(of: tensor.role), amplitude: amplitude, largestChange: largest,
        relativeChange: size > 0 ? (change / size).squareRoot() : 0)
    )
  }

  /// The standard deviation of the differences, around their mean.
  static func deviation(_ values: [Float], _ origin: [Float]) -> Double {
    let count = Double(max(values.count, 1))
    var (sum, squares) = (0.0, 0.0)
    for (value, origin) in zip(values, origin) { sum += Double(value) - Double(origin) }
    let mean = sum / count
    for (value, origin) in zip(values, origin) {
      let rest = Double(value) - Double(origin) - mean
      squares += rest * rest
    }
    return (squares / count).squareRoot()
  }

  private func writeConfiguration(to folder: OutputFolder) throws {
    var keys = try StrictJSON.decode(
      [String: JSONValue].self, contentsOf: "\(model.path)/config.json")
    keys["training"] = nil
    try JSONValue.object(keys).write(to: folder.path(of: "config.json"))
    try folder.copy("preprocessor_config.json", from: model.path)
    try folder.copy("processor_config.json", from: model.path)
  }
}
