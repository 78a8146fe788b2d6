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
    /// The same in every form of folder, by which tensors are paired.
    let key: TensorRole
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
      mlps = MLPTensors(source: tensors, slot: .dense)
      taskVectors = []
      gates = nil
    case .mixture(let tensors):
      outside = tensors
      mlps = MLPTensors(source: tensors, slot: .base)
      taskVectors = experts.map { MLPTensors(source: tensors, slot: .taskVector($0)) }
      gates = tensors
    case .recipe(let parts):
      outside = TaskArithmetic(
        base: parts.base, experts: parts.experts,
        scalingCoefficient: model.mixture?.scalingCoefficient ?? 0)
      mlps = MLPTensors(source: parts.base, slot: .dense)
      taskVectors = experts.map {
        MLPTensors(source: TaskVector(base: parts.base, expert: parts.experts[$0]), slot: .dense)
      }
      gates = parts.gates
    }
  }

  /// All tensors, role after role.
  var tensors: [Tensor] {
    var tensors = configuration.tensorsOutsideMLPs.filter { outside.contains($0.role) }.map {
      [outside] tensor in
      Tensor(
        role: .outsideMLPs, key: tensor.role, shape: tensor.shape,
        values: { try outside.tensor(tensor.role, shape: tensor.shape) })
    }
    func append(_ role: Role, _ source: MLPTensors, as slot: TensorRole.Slot) {
      for tensor in configuration.mlpTensors(in: slot) {
        tensors.append(
          Tensor(
            role: role, key: tensor.role, shape: tensor.shape,
            values: { try source.tensor(tensor) }))
      }
    }
    append(.mlps, mlps, as: .base)
    for (expert, source) in taskVectors.enumerated() {
      append(.taskVectors, source, as: .taskVector(expert))
    }
    return tensors + gateTensors
  }

  private var gateTensors: [Tensor] {
    guard let gates, let mixture, let depth = GateDepth(rawValue: mixture.gateDepth) else {
      return []
    }
    return (0..<configuration.hiddenLayerCount).flatMap { layer in
      depth.tensors(
        layer: layer, width: configuration.hiddenSize, expertCount: mixture.experts.count)
    }.compactMap { tensor in
      guard let shape = gates.descriptor(of: tensor.role)?.shape else { return nil }
      return Tensor(
        role: .gates, key: tensor.role, shape: shape,
        values: { try gates.tensor(tensor.role, shape: shape) })
    }
  }
}

/// The MLPs of all layers in one slot, such as those of one task vector.
struct MLPTensors: Sendable {
  let source: any TensorSource
  /// Where the source has them.
  let slot: TensorRole.Slot

  /// A tensor of a layer's MLP, whatever slot it was asked for in.
  func tensor(_ tensor: RoleShape) throws -> [Float] {
    try source.tensor(tensor.role.inSlot(slot), shape: tensor.shape)
  }

  /// A weight of a layer's MLP as a matrix: `up` is `[F, D]`, `down` is `[D, F]`.
  func weight(
    _ component: TensorRole.Component, layer: Int, _ configuration: VisionTowerConfiguration
  ) throws -> DenseMatrix {
    let (D, F) = (configuration.hiddenSize, configuration.intermediateSize)
    let shape = component == .up ? [F, D] : [D, F]
    let values = try tensor(
      RoleShape(TensorRole(component, .weight, layer: layer, slot: slot), shape))
    return DenseMatrix(rows: shape[0], columns: shape[1], floats: values)
  }
}
