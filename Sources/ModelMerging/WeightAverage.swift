import RoutedModels

/// The mean of the experts' weights, tensor by tensor.
///
/// Equation: theta = 1/E * sum over e of theta_e (Wortsman et al., 2022, "Model soups",
/// arXiv:2203.05482, the uniform soup). Numerics: summed in Double in the experts' order.
public struct WeightAverage: TensorSource {
  let experts: [any TensorSource]

  /// The mean of these models.
  ///
  /// - Precondition: there is at least one.
  public init(experts: [any TensorSource]) {
    precondition(!experts.isEmpty, "there is something to average")
    self.experts = experts
  }

  /// The first expert's path.
  public var path: String { experts[0].path }

  /// What the family calls the tensor.
  public func name(of role: TensorRole) -> String { experts[0].name(of: role) }

  /// Whether all experts have the tensor.
  public func contains(_ role: TensorRole) -> Bool { experts.allSatisfy { $0.contains(role) } }

  /// The mean of the experts' tensors.
  public func tensor(_ role: TensorRole, shape: [Int]) throws -> [Float] {
    var sum = [Double](repeating: 0, count: shape.reduce(1, *))
    for expert in experts {
      let values = try expert.tensor(role, shape: shape)
      for index in sum.indices { sum[index] += Double(values[index]) }
    }
    let count = Double(experts.count)
    return sum.map { Float($0 / count) }
  }
}
