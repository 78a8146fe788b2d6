import Checkpoints
import ModelMerging
import RoutedModels
import VisionTransformers

/// A model's weights by role, whether its folder holds a tower, a recipe or a full merge.
///
/// Tensors are read, or computed from the parts of a recipe, when they are asked for.
public struct ModelWeights: Sendable {
  /// What a tensor belongs to.
  public enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    /// Embeddings, attention, layer norms and projection; of a mixture as it runs, with
    /// base + lambda x sum of task vectors.
    case outsideMLPs = "outside-mlps"
    /// A plain tower's MLPs, or the base MLPs of a mixture.
    case mlps
    /// The MLPs' task vectors of a mixture.
    case taskVectors = "task-vectors"
    /// The gates of a mixture.
    case gates
  }

  /// One tensor of a model.
  struct Tensor: Sendable {
    let role: Role
    /// The same name in every form of folder, by which tensors are paired.
    let name: String
    let shape: [Int]
    let values: @Sendable () throws -> [Float]
  }

  /// The folder.
  public let path: String
  /// The shape of the tower.
  public let configuration: VisionTowerConfiguration
  /// Experts and routing; `nil` for a plain tower.
  public let mixture: MixtureConfiguration?
  /// The tensors outside of the MLPs.
  let outside: any TensorSource
  /// A plain tower's MLPs, or the base MLPs of a mixture.
  let mlps: MLPTensors
  /// The task vectors of a mixture's experts.
  let taskVectors: [MLPTensors]
  private let gates: CheckpointTensors?

  /// The weights of an opened model.
  public init(_ model: ModelFolder) {
    path = model.path
    configuration = model.configuration
    mixture = model.mixture
    let experts = (model.mixture?.experts ?? []).indices
    switch model.form {
    case .tower(let tensors):
      outside = tensors
      mlps = MLPTensors(source: tensors, part: "")
      taskVectors = []
      gates = nil
    case .mixture(let tensors):
      outside = tensors
      mlps = MLPTensors(source: tensors, part: "base_model.")
      taskVectors = experts.map { MLPTensors(source: tensors, part: "task_vectors.\($0).") }
      gates = tensors
    case .recipe(let parts):
      outside = TaskArithmetic(
        base: parts.base, experts: parts.experts,
        scalingCoefficient: model.mixture?.scalingCoefficient ?? 0)
      mlps = MLPTensors(source: parts.base, part: "")
      taskVectors = experts.map {
        MLPTensors(source: TaskVector(base: parts.base, expert: parts.experts[$0]), part: "")
      }
      gates = parts.gates
    }
  }

  /// All tensors, role after role.
  var tensors: [Tensor] {
    var tensors = configuration.tensorsOutsideMLPs.filter { outside.contains($0.name) }.map {
      [outside] tensor in
      Tensor(
        role: .outsideMLPs, name: tensor.name, shape: tensor.shape,
        values: { try outside.tensor(tensor.name, shape: tensor.shape) })
    }
    func append(_ role: Role, _ source: MLPTensors, under prefix: String) {
      for layer in 0..<configuration.hiddenLayerCount {
        for tensor in configuration.mlpTensors {
          tensors.append(
            Tensor(
              role: role, name: "layers.\(layer).mlp.\(prefix)\(tensor.name)", shape: tensor.shape,
              values: { try source.tensor(tensor, layer: layer) }))
        }
      }
    }
    append(.mlps, mlps, under: "base_model.")
    for (expert, source) in taskVectors.enumerated() {
      append(.taskVectors, source, under: "task_vectors.\(expert).")
    }
    return tensors + gateTensors
  }

  private var gateTensors: [Tensor] {
    guard let gates else { return [] }
    let start = "\(gates.prefix)vision_model.encoder.layers."
    return gates.checkpoint.tensorNames
      .filter { $0.hasPrefix(start) && $0.contains(".mlp.gate.") }
      .compactMap { gates.checkpoint.descriptor(of: $0) }
      .map { descriptor in
        let name = String(descriptor.name.dropFirst(gates.prefix.count))
        return Tensor(
          role: .gates, name: name, shape: descriptor.shape,
          values: { try gates.tensor(name, shape: descriptor.shape) })
      }
  }
}

/// The MLPs of all layers under one name, such as those of one task vector.
struct MLPTensors: Sendable {
  let source: any TensorSource
  /// What stands between `mlp.` and `fc1`.
  let part: String

  /// A tensor of a layer's MLP, named from `fc1` on.
  func tensor(_ tensor: NamedShape, layer: Int) throws -> [Float] {
    try source.tensor(
      "vision_model.encoder.layers.\(layer).mlp.\(part)\(tensor.name)", shape: tensor.shape)
  }

  /// A weight of a layer's MLP as a matrix: `fc1` is `[F, D]`, `fc2` is `[D, F]`.
  func weight(
    _ name: String, layer: Int, _ configuration: VisionTowerConfiguration
  ) throws -> DenseMatrix {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let shape = name == "fc1" ? [F, D] : [D, F]
    let values = try tensor(NamedShape(name: "\(name).weight", shape: shape), layer: layer)
    return DenseMatrix(rows: shape[0], columns: shape[1], floats: values)
  }
}
