import ModelMerging
import RoutedModels
import Tensors
import VisionTransformers

/// ICS-M: the cosine of the invariant terms of two models' last two layers.
///
/// Equation: M_a = X Wq^T Wk X^T, M_b = X Wv^T Wo^T X^T, M_f = X W1^T W2^T X^T for each of the last two
/// layers; each of the six is standardised over its entries, all are flattened together, cosine.
/// Source: HuRef (Zeng et al., 2024, arXiv:2312.04828). REEF's code has another ICS without
/// standardisation, whose numbers are not comparable.
/// Invariances: permuting the hidden units of an MLP, or the inner dimensions of a head.
/// Numerics: f32 weights, everything else in Double.
public struct ModelICS: Sendable, Hashable, Codable {
  /// One of the six terms.
  public struct Term: Sendable, Hashable, Codable {
    /// The term, such as `X Wq^T Wk X^T`.
    public let term: String
    /// The victim's layer.
    public let victimLayer: Int
    /// The suspect's layer.
    public let suspectLayer: Int
    /// The correlation of the two models' entries.
    public let correlation: Double
  }

  /// What the number is.
  public let definition: String
  /// The cosine, -1 to 1: the mean of the terms' correlations.
  public let similarity: Double
  /// K, the number of embeddings in X.
  public let embeddingCount: Int
  /// The six terms.
  public let terms: [Term]

  /// What the number is, for a choice of X.
  public static func definition(_ embeddings: TokenEmbeddings) -> String {
    """
    ICS-M: cosine of the invariant terms of the last two layers (HuRef), X Wq^T Wk X^T, X Wv^T Wo^T X^T \
    and X W1^T W2^T X^T of weights [out, in] without biases and norms, each standardised over its \
    entries, all flattened together. The MLP of a mixture is W0 + c sum of T_e with c = 1/E for \
    softmax and lambda for raw routing, as under gates that prefer no expert. \(embeddings.definition)
    """
  }

  /// Compares the last two layers.
  ///
  /// - Throws: ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)``,
  ///   ``BaselineError/tooFewLayers(model:expected:actual:)``,
  ///   ``BaselineError/constantTerm(model:layer:term:expected:actual:)``, `CheckpointError`.
  /// - Complexity: O(*K·D² + F·D² + D³*) time.
  public init(
    victim: ModelWeights, suspect: ModelWeights, embeddings: TokenEmbeddings = .victim,
    pool: WorkerPool = WorkerPool()
  ) throws {
    let X = try embeddings.matrices(victim: victim.carrier, suspect: suspect.carrier)
    let layers = try [victim, suspect].map {
      try InvariantTerm.lastLayers(of: $0.configuration.hiddenLayerCount, model: $0.path)
    }
    let first = try victim.invariantTerms(layers[0], embeddings: X.victim, pool)
    let second = try suspect.invariantTerms(layers[1], embeddings: X.suspect, pool)
    let correlations = first.correlations(with: second.image(in: first, pool: pool))
    let kinds = InvariantTerm.allCases
    definition = Self.definition(embeddings)
    similarity = correlations.reduce(0, +) / Double(correlations.count)
    embeddingCount = X.victim.rows
    terms = correlations.enumerated().map { index, correlation in
      Term(
        term: kinds[index % kinds.count].rawValue,
        victimLayer: layers[0].lowerBound + index / kinds.count,
        suspectLayer: layers[1].lowerBound + index / kinds.count, correlation: correlation)
    }
  }
}

extension ModelWeights {
  var carrier: TokenEmbeddings.Carrier {
    TokenEmbeddings.Carrier(path: path, configuration: configuration, outside: outside)
  }

  /// The terms of the layers in turn, three each, none of them constant.
  fileprivate func invariantTerms(
    _ layers: Range<Int>, embeddings: DenseMatrix, _ pool: WorkerPool
  ) throws -> InvariantTerms {
    let D = configuration.hiddenSize
    let forms = try layers.flatMap { layer in
      func projection(_ component: TensorRole.Component) throws -> DenseMatrix {
        let values = try outside.tensor(
          TensorRole(component, .weight, layer: layer), shape: [D, D])
        return DenseMatrix(rows: D, columns: D, floats: values)
      }
      return [
        try projection(.query).multiplied(
          by: projection(.key), transposing: .first, pool: pool),
        try projection(.value).multiplied(
          by: projection(.attentionOutput), transposing: [.first, .second], pool: pool),
        InvariantTerm.feedForwardForm(
          try evenlyMergedWeight(.up, layer: layer), try evenlyMergedWeight(.down, layer: layer),
          pool: pool),
      ]
    }
    let terms = InvariantTerms(embeddings: embeddings, forms: forms, pool: pool)
    let kinds = InvariantTerm.allCases
    for (index, square) in terms.centredSquares.enumerated() where square == 0 {
      throw BaselineError.constantTerm(
        model: path, layer: layers.lowerBound + index / kinds.count,
        term: kinds[index % kinds.count].rawValue, expected: "more than 0", actual: square)
    }
    return terms
  }

  /// A weight of an MLP, merged as under gates that prefer no expert.
  private func evenlyMergedWeight(
    _ component: TensorRole.Component, layer: Int
  ) throws -> DenseMatrix {
    var weight = try mlps.weight(component, layer: layer, configuration)
    guard let mixture else { return weight }
    let share =
      switch mixture.routing {
      case .softmax: 1 / Double(taskVectors.count)
      case .raw: Double(mixture.scalingCoefficient)
      }
    for taskVector in taskVectors {
      let difference = try taskVector.weight(component, layer: layer, configuration)
      for index in weight.elements.indices {
        weight.elements[index] += share * difference.elements[index]
      }
    }
    return weight
  }
}
