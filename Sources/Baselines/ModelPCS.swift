import Diagnostics
import RoutedModels

/// PCS-M: the cosine of all weights of two models.
///
/// Equation: sum over paired tensors of <a, b> / sqrt(sum of <a, a> times sum of <b, b>)
/// Source: HuRef (Zeng et al., 2024, arXiv:2312.04828), where tensors pair in order; RouteMark, section
/// 5.1. Models that share a base are at almost 1 whatever their experts are, so the parts are told too.
/// Numerics: f32 weights, sums in Double, tensor by tensor.
public struct ModelPCS: Sendable, Hashable, Codable {
  /// The tensors of one role.
  public struct Part: Sendable, Hashable, Codable {
    /// What the tensors belong to.
    public let role: ModelWeights.Role
    /// Their cosine; `nil` when nothing is paired or one side is zero.
    public let cosine: Double?
    /// Tensors that both models have in the same shape.
    public let pairedTensors: Int
    /// Numbers in them.
    public let pairedNumbers: Int
    /// Tensors that both models have, but not in the same shape: left out.
    public let mismatchedTensors: Int
    /// Tensors that only one of the models has: left out.
    public let unpairedTensors: Int
  }

  /// What the number is.
  public static let definition = """
    PCS-M: cosine of all paired weights as one vector (HuRef), f32 values, sums in Double. Tensors pair \
    by name: outside the MLPs (of a mixture as it runs: base + lambda x sum of task vectors); MLPs (of \
    a mixture: its base MLPs); task vectors of the MLPs by the experts' places; gates. Tensors without \
    a counterpart or of another shape are left out and counted.
    """

  /// What the number is.
  public let definition: String
  /// The cosine, -1 to 1.
  public let similarity: Double
  /// What the sums are made of, in the order of the roles.
  public let parts: [Part]

  /// Compares all weights.
  ///
  /// - Throws: ``BaselineError/nothingPaired(victim:suspect:expected:actual:)``,
  ///   ``BaselineError/zeroVector(model:vector:expected:actual:)``, `CheckpointError`.
  /// - Complexity: one pass over both models' weights; two tensors in memory.
  public init(
    victim: ModelWeights, suspect: ModelWeights, progress: ProgressHandler? = nil
  ) throws {
    let pairing = Pairing(victim, suspect)
    var total = CosineSums()
    var parts: [Part] = []
    var done = 0
    for role in ModelWeights.Role.allCases {
      var sums = CosineSums()
      let pairs = pairing.pairs.filter { $0.first.role == role }
      for pair in pairs {
        sums.add(try pair.first.values(), try pair.second.values())
        done += 1
        progress?(done, pairing.pairs.count)
      }
      total.add(sums)
      parts.append(
        Part(
          role: role, cosine: sums.cosine, pairedTensors: pairs.count,
          pairedNumbers: pairs.reduce(0) { $0 + $1.first.shape.reduce(1, *) },
          mismatchedTensors: pairing.mismatched[role, default: 0],
          unpairedTensors: pairing.unpaired[role, default: 0]))
    }
    guard !pairing.pairs.isEmpty else {
      throw BaselineError.nothingPaired(
        victim: victim.path, suspect: suspect.path, expected: 1, actual: 0)
    }
    guard let similarity = total.cosine else {
      let path = total.firstSquare > 0 ? suspect.path : victim.path
      throw BaselineError.zeroVector(
        model: path, vector: "all weights", expected: "more than 0", actual: 0)
    }
    definition = Self.definition
    self.similarity = similarity
    self.parts = parts
  }

  /// Which tensors of two models belong together.
  private struct Pairing {
    var pairs: [(first: ModelWeights.Tensor, second: ModelWeights.Tensor)] = []
    var mismatched: [ModelWeights.Role: Int] = [:]
    var unpaired: [ModelWeights.Role: Int] = [:]

    init(_ victim: ModelWeights, _ suspect: ModelWeights) {
      var others: [TensorRole: ModelWeights.Tensor] = [:]
      for tensor in suspect.tensors { others[tensor.key] = tensor }
      for tensor in victim.tensors {
        guard let other = others.removeValue(forKey: tensor.key) else {
          unpaired[tensor.role, default: 0] += 1
          continue
        }
        if other.shape == tensor.shape {
          pairs.append((tensor, other))
        } else {
          mismatched[tensor.role, default: 0] += 1
        }
      }
      for tensor in others.values { unpaired[tensor.role, default: 0] += 1 }
    }
  }
}
