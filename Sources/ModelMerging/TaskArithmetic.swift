import RoutedModels

/// One expert's task vector: fine-tuned minus base, tensor by tensor.
///
/// Equation: T = theta_e - theta_0 (RouteMark equation 1), in f32.
public struct TaskVector: TensorSource {
  let base: any TensorSource
  let expert: any TensorSource

  /// The difference of two models with the same names and shapes.
  public init(base: any TensorSource, expert: any TensorSource) {
    self.base = base
    self.expert = expert
  }

  /// The expert's path.
  public var path: String { expert.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { expert.name(of: role) }

  /// Whether both models have the tensor.
  public func contains(_ role: TensorRole) -> Bool { base.contains(role) && expert.contains(role) }

  /// The difference of the two models' tensors.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var difference = try expert.tensor(role, shape: shape)
    let origin = try base.tensor(role, shape: shape)
    for index in difference.indices { difference[index] -= origin[index] }
    return difference
  }
}

/// Base plus scaled task vectors, tensor by tensor: the part of a WEMoE outside its MLPs.
///
/// Equation: theta = theta_0 + lambda * sum over e of T_e (RouteMark equation 2; Ilharco et al.,
/// 2023). Tensors are computed when they are asked for, so the sum never exists as a whole.
public struct TaskArithmetic: TensorSource {
  let base: any TensorSource
  let experts: [any TensorSource]
  /// lambda.
  let scalingCoefficient: Float

  /// The sum for a base model, experts in order, and lambda.
  public init(base: any TensorSource, experts: [any TensorSource], scalingCoefficient: Float) {
    self.base = base
    self.experts = experts
    self.scalingCoefficient = scalingCoefficient
  }

  /// The base model's path.
  public var path: String { base.path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { base.name(of: role) }

  /// Whether the base model has the tensor.
  public func contains(_ role: TensorRole) -> Bool { base.contains(role) }

  /// The base tensor plus lambda times the sum of differences.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    let origin = try base.tensor(role, shape: shape)
    var sum = [Float](repeating: 0, count: origin.count)
    for expert in experts {
      let tuned = try expert.tensor(role, shape: shape)
      for index in sum.indices { sum[index] += tuned[index] - origin[index] }
    }
    for index in sum.indices { sum[index] = origin[index] + scalingCoefficient * sum[index] }
    return sum
  }
}
