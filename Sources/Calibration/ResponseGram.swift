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
  /// How far mirrored entries and Cauchy-Schwarz may be off: sums in different orders.
  private static let slack = 1e-6

  /// The victim expert's name.
  public let victimExpert: String
  /// The suspect expert's name.
  public let suspectExpert: String
  /// The share of weights left out on all sides, because the suspect is sparse; 0 if none.
  public let maskedShare: Double
  /// Inner products, one matrix a layer.
  public let layers: [[Double]]

  /// K, the number of null experts.
  public var nullCount: Int { side - 2 }
  /// K + 2.
  public var side: Int { Self.root(layers.first?.count ?? 0) }

  /// Checks and keeps inner products.
  ///
  /// - Throws: ``CalibrationError`` naming the pair, layer and entry at fault.
  public init(
    victimExpert: String, suspectExpert: String, maskedShare: Double = 0, layers: [[Double]]
  ) throws(CalibrationError) {
    self.victimExpert = victimExpert
    self.suspectExpert = suspectExpert
    self.maskedShare = maskedShare
    self.layers = layers
    try validate()
  }

  /// An inner product.
  ///
  /// - Parameters:
  ///   - row, column: 0 for the victim, 1 for the suspect, 2... for the nulls.
  public func product(layer: Int, _ row: Int, _ column: Int) -> Double {
    layers[layer][row * side + column]
  }

  var pair: String { "`\(victimExpert)` / `\(suspectExpert)`" }

  private static func root(_ count: Int) -> Int { Int(Double(count).squareRoot().rounded()) }

  private func validate() throws(CalibrationError) {
    guard (0...1).contains(maskedShare) else {
      throw .maskedShareOutOfRange(pair: pair, value: "\(maskedShare)")
    }
    guard let first = layers.first else { throw .noLayers(pair: pair) }
    let side = max(Self.root(first.count), 3)
    for (layer, matrix) in layers.enumerated() {
      guard matrix.count == side * side else {
        throw .wrongGramSize(pair: pair, layer: layer, expected: side * side, actual: matrix.count)
      }
      try validate(matrix, side: side, layer: layer)
    }
  }

  private func validate(
    _ matrix: [Double], side: Int, layer: Int
  ) throws(CalibrationError) {
    for (index, value) in matrix.enumerated() where !(abs(value) <= Self.magnitudeLimit) {
      throw .gramEntryOutOfRange(
        pair: pair, layer: layer, row: index / side, column: index % side, value: "\(value)")
    }
    for row in 0..<side where matrix[row * side + row] < 0 {
      throw .negativeSquare(pair: pair, layer: layer, row: row, value: matrix[row * side + row])
    }
    for row in 0..<side {
      for column in 0..<row {
        let (value, mirrored) = (matrix[row * side + column], matrix[column * side + row])
        let limit =
          matrix[row * side + row].squareRoot() * matrix[column * side + column].squareRoot()
        guard abs(value - mirrored) <= Self.slack * limit else {
          throw .gramNotSymmetric(
            pair: pair, layer: layer, row: row, column: column, first: value, second: mirrored)
        }
        guard abs(value) <= (1 + Self.slack) * limit else {
          throw .impossibleProduct(
            pair: pair, layer: layer, row: row, column: column, value: value, limit: limit)
        }
      }
    }
  }
}

extension ResponseGram: Codable {
  private enum CodingKeys: String, CodingKey {
    case victimExpert, suspectExpert, maskedShare, layers
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
      layers: try container.decode([[Double]].self, forKey: .layers))
  }
}
