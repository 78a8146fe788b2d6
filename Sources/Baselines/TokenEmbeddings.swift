import RoutedModels
import VisionTransformers

/// What stands in a vision tower for the token embeddings X of invariant terms.
///
/// HuRef takes the embeddings of 4096 frequent tokens; a vision tower has no vocabulary. All tokens
/// that enter a tower are the class embedding, or the sum of the patch embedding's columns weighted by
/// pixels, plus a position embedding: these 3pp + T + 1 vectors are to a tower what its embeddings are
/// to a language model.
public enum TokenEmbeddings: String, Sendable, Hashable, Codable, CaseIterable {
  /// The victim's vectors for both models: only what follows them differs. The default.
  case victim
  /// Each model's own vectors, as HuRef does it: the terms do not change when the residual stream is
  /// permuted or rotated.
  case own
  /// The identity: the terms are the products of the weights themselves.
  case identity

  /// The part of a definition that says what X is.
  var definition: String {
    let vectors = """
      columns of the patch embedding, position embeddings and class embedding, of which every token \
      that enters a tower is a combination
      """
    return switch self {
    case .victim: "X, for both models: the victim's \(vectors)."
    case .own: "X, of each model its own: \(vectors)."
    case .identity: "X is the identity: the terms are products of the weights themselves."
    }
  }

  /// X of the victim and of the suspect, `[K, D]` each.
  ///
  /// - Throws: ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)`` when the terms
  ///   would have different shapes, `CheckpointError`.
  func matrices(
    victim: Carrier, suspect: Carrier
  ) throws -> (victim: DenseMatrix, suspect: DenseMatrix) {
    func require(_ size: String, _ expected: Int, _ actual: Int) throws(BaselineError) {
      guard expected == actual else {
        throw .sizeMismatch(
          victim: victim.path, suspect: suspect.path, size: size, expected: expected,
          actual: actual)
      }
    }
    let widths = (victim.configuration.hiddenSize, suspect.configuration.hiddenSize)
    switch self {
    case .victim:
      try require("`hidden_size`", widths.0, widths.1)
      let embeddings = try victim.embeddings()
      return (embeddings, embeddings)
    case .own:
      let embeddings = (try victim.embeddings(), try suspect.embeddings())
      try require("number of embeddings", embeddings.0.rows, embeddings.1.rows)
      return embeddings
    case .identity:
      try require("`hidden_size`", widths.0, widths.1)
      return (DenseMatrix(identity: widths.0), DenseMatrix(identity: widths.1))
    }
  }

  /// A model as far as its embeddings go.
  struct Carrier {
    let path: String
    let configuration: VisionTowerConfiguration
    let outside: any TensorSource

    /// Columns of the patch embedding, then positions, then the class embedding: `[3pp + T + 1, D]`.
    func embeddings() throws -> DenseMatrix {
      let (D, T, p) = (
        configuration.hiddenSize, configuration.tokenCount, configuration.patchSize
      )
      let patches = try outside.tensor(
        TensorRole(.patchEmbedding), shape: [D, configuration.channelCount, p, p])
      let positions = try outside.tensor(TensorRole(.positionEmbedding), shape: [T, D])
      let first =
        configuration.hasClassToken
        ? try outside.tensor(TensorRole(.classEmbedding), shape: [D]) : []
      let P = configuration.patchElementCount
      let columns = (0..<P).flatMap { pixel in (0..<D).map { patches[$0 * P + pixel] } }
      return DenseMatrix(
        rows: P + T + first.count / D, columns: D, floats: columns + positions + first)
    }
  }
}
