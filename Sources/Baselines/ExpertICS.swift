import Diagnostics
import RoutedModels
import Tensors
import VisionTransformers

/// ICS-E: the cosines of the invariant terms of experts' task vectors.
///
/// Equation: M_f = X T1^T T2^T X^T for each of the last two layers, standardised over its entries, both
/// flattened together, cosine.
/// Source: RouteMark, section 5.1, with HuRef's terms. A mixture keeps only the MLPs of an expert apart,
/// so the attention terms have no counterpart. The product of two differences is small and noisy.
/// Numerics: f32 weights, everything else in Double.
public struct ExpertICS: Sendable, Hashable, Codable {
  /// What the numbers are.
  public let definition: String
  /// K, the number of embeddings in X.
  public let embeddingCount: Int
  /// A cosine for every pair of experts.
  public let similarities: ExpertSimilarities

  /// What the numbers are, for a choice of X.
  public static func definition(_ embeddings: TokenEmbeddings) -> String {
    """
    ICS-E: cosine of the invariant terms X T1^T T2^T X^T of two experts' task vectors (fine-tuned minus \
    base, weights [out, in] of the MLPs of the last two layers, without biases), each standardised over \
    its entries (HuRef), both flattened together. A mixture keeps no expert's attention, so there are \
    no attention terms. \(embeddings.definition)
    """
  }

  /// Compares all experts with each other.
  ///
  /// - Throws: as ``ModelICS/init(victim:suspect:embeddings:pool:)``.
  public init(
    victim: ExpertTaskVectors, suspect: ExpertTaskVectors, embeddings: TokenEmbeddings = .victim,
    pool: WorkerPool = WorkerPool(), progress: ProgressHandler? = nil
  ) throws {
    let X = try embeddings.matrices(victim: victim.carrier, suspect: suspect.carrier)
    let rows = try victim.experts.indices.map {
      try victim.invariantTerms(expert: $0, embeddings: X.victim, pool)
    }
    precondition(!rows.isEmpty, "a model with task vectors has an expert")
    var values = [[Double]](repeating: [], count: rows.count)
    for expert in suspect.experts.indices {
      let terms = try suspect.invariantTerms(expert: expert, embeddings: X.suspect, pool)
      let image = terms.image(in: rows[0], pool: pool)
      for row in rows.indices {
        let correlations = rows[row].correlations(with: image)
        values[row].append(correlations.reduce(0, +) / Double(correlations.count))
      }
      progress?(expert + 1, suspect.experts.count)
    }
    definition = Self.definition(embeddings)
    embeddingCount = X.victim.rows
    similarities = ExpertSimilarities(
      victimExperts: victim.experts, suspectExperts: suspect.experts, values: values)
  }
}

extension ExpertTaskVectors {
  fileprivate var carrier: TokenEmbeddings.Carrier {
    TokenEmbeddings.Carrier(path: path, configuration: configuration, outside: outside)
  }

  /// One term for each of the last layers, none of them constant.
  fileprivate func invariantTerms(
    expert: Int, embeddings: DenseMatrix, _ pool: WorkerPool
  ) throws -> InvariantTerms {
    let layers = try InvariantTerm.lastLayers(of: configuration.hiddenLayerCount, model: path)
    let forms = try layers.map { layer in
      InvariantTerm.feedForwardForm(
        try sources[expert].weight(.up, layer: layer, configuration),
        try sources[expert].weight(.down, layer: layer, configuration), pool: pool)
    }
    let terms = InvariantTerms(embeddings: embeddings, forms: forms, pool: pool)
    for (index, square) in terms.centredSquares.enumerated() where square == 0 {
      throw BaselineError.constantTerm(
        model: path, layer: layers.lowerBound + index,
        term: "`X T1^T T2^T X^T` of expert `\(experts[expert])`", expected: "more than 0",
        actual: square)
    }
    return terms
  }
}
