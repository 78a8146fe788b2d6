/// The inner products of experts' responses, layer by layer: all that a residual cosine needs.
///
/// Equation: G_l[a, b] = <R_a, R_b> with R = MLP(theta_0 + delta)(X) - MLP(theta_0)(X), X the base
/// model's MLP inputs of layer l
/// Shapes: each layer is `[K + 2, K + 2]`, row by row, in the order victim, suspect, null 1...K.
/// Units: squared activations.
///
/// Responses themselves are millions of numbers; with their Gram matrices a case stays small and
/// anyone can recompute every projection. Vectors of another kind, such as score fingerprints,
/// have Gram matrices too.
public struct ResponseGram: Sendable, Equatable {
  /// The largest magnitude of an entry.
  public static let magnitudeLimit = 1e150

  /// The victim expert's name.
  public let victimExpert: String
  /// The suspect expert's name.
  public let suspectExpert: String
  /// The share of weights left out on all sides, because the suspect is sparse; 0 if none.
  public let maskedShare: Double
  /// Inner products, one matrix a layer.
  public let layers: [[Double]]
  /// The same by blocks of probe images, `[blocks][L]`, which add up to `layers`; `nil` when none
  /// were kept.
  public let blocks: [[[Double]]]?

  /// K, the number of null experts.
  public var nullCount: Int { side - 2 }
  /// K + 2.
  public var side: Int { Self.root(layers.first?.count ?? 0) }

  /// Checks and keeps inner products.
  ///
  /// - Throws: ``CalibrationError`` naming the pair, layer and entry at fault.
  public init(
    victimExpert: String, suspectExpert: String, maskedShare: Double = 0, layers: [[Double]],
    blocks: [[[Double]]]? = nil
  ) throws(CalibrationError) {
    self.init(
      unchecked: victimExpert, suspectExpert, maskedShare: maskedShare, layers: layers,
      blocks: blocks)
    try validate()
  }

  private init(
    unchecked victimExpert: String, _ suspectExpert: String, maskedShare: Double,
    layers: [[Double]], blocks: [[[Double]]]?
  ) {
    self.victimExpert = victimExpert
    self.suspectExpert = suspectExpert
    self.maskedShare = maskedShare
    self.layers = layers
    self.blocks = blocks
  }

  /// The same inner products without blocks.
  public func withoutBlocks() -> ResponseGram {
    ResponseGram(
      unchecked: victimExpert, suspectExpert, maskedShare: maskedShare, layers: layers, blocks: nil)
  }

  /// The inner products of drawn blocks, as if these had been the probe images.
  ///
  /// - Parameter draw: Indices of blocks, repeated where drawn repeatedly.
  /// - Returns: `nil` when this has no blocks.
  func resampled(_ draw: [Int]) -> ResponseGram? {
    guard let blocks else { return nil }
    var sums = layers.map { [Double](repeating: 0, count: $0.count) }
    for block in draw {
      for layer in sums.indices {
        for index in sums[layer].indices { sums[layer][index] += blocks[block][layer][index] }
      }
    }
    return ResponseGram(
      unchecked: victimExpert, suspectExpert, maskedShare: maskedShare, layers: sums, blocks: nil)
  }

  /// An inner product.
  ///
  /// - Parameters:
  ///   - row, column: 0 for the victim, 1 for the suspect, 2... for the nulls.
  public func product(layer: Int, _ row: Int, _ column: Int) -> Double {
    layers[layer][row * side + column]
  }

  /// Up to this cosine of responses two experts have nothing in common, not even the base.
  static let unlikeCosine = 0.2
  /// The square of a response, relative to the largest of victim and nulls, above which an expert is
  /// further from the base than experts of it are.
  static let unlikeSquare = 4.0

  /// Whether the suspect resembles neither the victim nor any null, and is further from the base model
  /// than all of them: what an expert is in other coordinates than theirs, or of another base.
  ///
  /// Equation: cos(R_s, R_k) < 0.2 over all layers and |R_s|^2 > 4 |R_k|^2, for k the victim and every null
  public var isUnlikeAny: Bool {
    func sum(_ row: Int, _ column: Int) -> Double {
      layers.indices.reduce(0) { $0 + product(layer: $1, row, column) }
    }
    let square = sum(1, 1)
    return (0..<side).allSatisfy { other in
      guard other != 1 else { return true }
      let otherSquare = sum(other, other)
      return square > Self.unlikeSquare * otherSquare
        && sum(1, other) < Self.unlikeCosine * square.squareRoot() * otherSquare.squareRoot()
    }
  }

  var pair: String { "`\(victimExpert)` / `\(suspectExpert)`" }

  static func root(_ count: Int) -> Int { Int(Double(count).squareRoot().rounded()) }
}

extension ResponseGram: Codable {
  private enum CodingKeys: String, CodingKey {
    case victimExpert, suspectExpert, maskedShare, layers, blocks
  }

  /// Reads and checks inner products.
  ///
  /// - Throws: ``CalibrationError`` as the initialiser, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      victimExpert: try container.decode(String.self, forKey: .victimExpert),
      suspectExpert: try container.decode(String.self, forKey: .suspectExpert),
      maskedShare: try container.decode(Double.self, forKey: .maskedShare),
      layers: try container.decode([[Double]].self, forKey: .layers),
      blocks: try container.decodeIfPresent([[[Double]]].self, forKey: .blocks))
  }
}
