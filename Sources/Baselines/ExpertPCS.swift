import Diagnostics
import RoutedModels
import VisionTransformers

/// PCS-E: the cosines of experts' task vectors.
///
/// Equation: cos(T_j, T_k), over all tensors of the MLPs of all layers as one vector.
/// Source: RouteMark, section 5.1. To reproduce the paper's value for pruned experts, prune an expert's
/// full weights and subtract the base model afterwards.
/// Numerics: f32 weights, sums in Double, tensor by tensor.
public struct ExpertPCS: Sendable, Hashable, Codable {
  /// What the numbers are.
  public static let definition = """
    PCS-E: cosine of two experts' task vectors (fine-tuned minus base, f32), all weights and biases of \
    the MLPs of all layers as one vector, sums in Double.
    """

  /// What the numbers are.
  public let definition: String
  /// A cosine for every pair of experts.
  public let similarities: ExpertSimilarities

  /// Compares all experts with each other.
  ///
  /// - Throws: ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)``,
  ///   ``BaselineError/zeroVector(model:vector:expected:actual:)`` for an expert that equals the base
  ///   model, `CheckpointError`.
  /// - Complexity: one pass over the weights of all experts; one tensor of each in memory.
  public init(
    victim: ExpertTaskVectors, suspect: ExpertTaskVectors, progress: ProgressHandler? = nil
  ) throws {
    try victim.configuration.requireSameMLPs(
      as: suspect.configuration, victim: victim.path, suspect: suspect.path)
    var sums = [[CosineSums]](
      repeating: [CosineSums](repeating: CosineSums(), count: suspect.experts.count),
      count: victim.experts.count)
    let shape = victim.configuration
    for layer in 0..<shape.hiddenLayerCount {
      for tensor in shape.mlpTensors(layer: layer) {
        let columns = try suspect.sources.map { try $0.tensor(tensor) }
        for (row, source) in victim.sources.enumerated() {
          let values = try source.tensor(tensor)
          for column in columns.indices { sums[row][column].add(values, columns[column]) }
        }
      }
      progress?(layer + 1, shape.hiddenLayerCount)
    }
    definition = Self.definition
    similarities = ExpertSimilarities(
      victimExperts: victim.experts, suspectExperts: suspect.experts,
      values: try sums.enumerated().map { row, sums in
        try sums.enumerated().map { column, sums in
          if let cosine = sums.cosine { return cosine }
          let (model, expert) =
            sums.firstSquare > 0
            ? (suspect.path, suspect.experts[column]) : (victim.path, victim.experts[row])
          throw BaselineError.zeroVector(
            model: model, vector: "the task vector of `\(expert)`", expected: "more than 0",
            actual: 0)
        }
      })
  }
}
