import Diagnostics
import Tensors

/// REEF: the alignment of two models' hidden states on the same images.
///
/// Equation: linear CKA of the class token after layer l, features standardised; see ``LinearCKA``.
/// Source: REEF (Zhang et al., 2024, arXiv:2410.14273), which takes the last token of language models,
/// 200 samples, and the biased estimator; its headline is layer 18 of 32. RouteMark names no layer.
/// With few samples the biased value is high for any two models, so the unbiased one stands beside it.
/// Numerics: f32 states, everything else in Double.
public struct REEF: Sendable, Hashable, Codable {
  /// One layer of both models.
  public struct Layer: Sendable, Hashable, Codable {
    /// The layer, counted from 0.
    public let layer: Int
    /// CKA as published.
    public let biased: Double
    /// CKA with unbiased estimates.
    public let unbiased: Double
  }

  /// What the numbers are.
  public static let definition = """
    REEF: linear CKA of the class token's hidden states after a layer, before the post layer norm, \
    features centred and divided by their standard deviation. Biased: HSIC_0, as published. Unbiased: \
    HSIC_1 (Song et al., 2012). Headline layer: round(0.56 L) counted from 0, as REEF's 18 of 32.
    """

  /// What the numbers are.
  public let definition: String
  /// S, the number of samples.
  public let sampleCount: Int
  /// The layer whose values are the headline.
  public let headlineLayer: Int
  /// CKA of the headline layer as published.
  public let biased: Double
  /// CKA of the headline layer with unbiased estimates.
  public let unbiased: Double
  /// All layers.
  public let layers: [Layer]

  /// The layer that stands where layer 18 stands among 32.
  public static func headlineLayer(of layerCount: Int) -> Int {
    min(layerCount - 1, Int((0.56 * Double(layerCount)).rounded()))
  }

  /// Compares all layers.
  ///
  /// - Throws: ``BaselineError/sizeMismatch(victim:suspect:size:expected:actual:)`` for other numbers
  ///   of layers or samples, ``BaselineError/tooFewSamples(model:expected:actual:)``,
  ///   ``BaselineError/constantStates(model:layer:expected:actual:)``.
  public init(
    victim: ClassTokenStates, suspect: ClassTokenStates, pool: WorkerPool = WorkerPool(),
    progress: ProgressHandler? = nil
  ) throws(BaselineError) {
    let sizes = [
      ("number of layers", victim.layerCount, suspect.layerCount),
      ("number of samples", victim.sampleCount, suspect.sampleCount),
    ]
    for (size, expected, actual) in sizes where expected != actual {
      throw .sizeMismatch(
        victim: victim.model, suspect: suspect.model, size: size, expected: expected,
        actual: actual)
    }
    guard victim.sampleCount >= 4 else {
      throw .tooFewSamples(model: victim.model, expected: 4, actual: victim.sampleCount)
    }
    var layers: [Layer] = []
    for layer in 0..<victim.layerCount {
      let first = victim.features(layer: layer).standardized()
      let second = suspect.features(layer: layer).standardized()
      let alignment = LinearCKA(first, second, pool: pool)
      guard let biased = alignment.biased, let unbiased = alignment.unbiased else {
        let spread = first.inner(first)
        throw .constantStates(
          model: spread > 0 ? suspect.model : victim.model, layer: layer,
          expected: "more than 0 between at least two pairs of samples", actual: 0)
      }
      layers.append(Layer(layer: layer, biased: biased, unbiased: unbiased))
      progress?(layer + 1, victim.layerCount)
    }
    let headline = Self.headlineLayer(of: victim.layerCount)
    definition = Self.definition
    sampleCount = victim.sampleCount
    headlineLayer = headline
    biased = layers[headline].biased
    unbiased = layers[headline].unbiased
    self.layers = layers
  }
}
