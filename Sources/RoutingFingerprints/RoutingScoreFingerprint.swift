/// An expert's centred mean router signal over tasks and layers (RSF).
///
/// Equation: F~[i, e, l] = F[i, e, l] - 1/E * sum over e' of F[i, e', l]       (RouteMark, eq. 9)
///           RSF_e = F~[:, e, :]                                              (RouteMark, eq. 10)
/// Shapes: `values` is `[N, L]`.
/// Units: those of the signal, unbounded.
public struct RoutingScoreFingerprint: Sendable, Equatable, Codable {
  /// Centred scores, one row per task and one column per layer.
  public let values: [[Double]]

  /// An expert's scores, as `[N, L]`.
  public init(values: [[Double]]) {
    self.values = values
  }

  /// Whether every score is zero, so that the fingerprint has no direction to compare.
  ///
  /// This holds for the only expert of a model, whose mean over experts is itself, and for all
  /// experts of a gate that scores them alike.
  public var carriesNoSignal: Bool {
    values.allSatisfy { row in row.allSatisfy { $0 == 0 } }
  }

  /// The cosine of the angle between two score fingerprints, seen as vectors of N x L numbers.
  ///
  /// Numerics: both are scaled by their largest magnitude first, so nothing overflows; the cosine
  /// is symmetric to the last bit and exactly 1 with itself. A fingerprint that carries no signal
  /// has no direction: its cosine with anything, itself included, is taken as 0.
  ///
  /// - Precondition: both have the same shape.
  public func cosine(with other: RoutingScoreFingerprint) -> Double {
    direction.cosine(with: other.direction)
  }

  /// How alike two score fingerprints are.
  ///
  /// Equation: (1 + cos(RSF_j, RSF_k)) / 2     (RouteMark, eq. 13, whose printed sign is a distance)
  ///
  /// - Precondition: both have the same shape.
  /// - Returns: A number in 0...1; 0.5 when either carries no signal.
  public func similarity(to other: RoutingScoreFingerprint) -> Double {
    direction.similarity(to: other.direction)
  }

  /// The scores as one scaled vector, for comparing one fingerprint with many.
  package var direction: ScoreDirection { ScoreDirection(values) }

  /// Reads the nested array.
  public init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([[Double]].self)
  }

  /// Writes the nested array.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}

/// A score fingerprint as one vector, scaled by its largest magnitude so that nothing overflows.
package struct ScoreDirection: Sendable {
  private let components: [Double]
  private let square: Double

  init(_ values: [[Double]]) {
    let flat = values.flatMap { $0 }
    let scale = flat.reduce(0) { max($0, abs($1)) }
    components = scale > 0 ? flat.map { $0 / scale } : flat
    square = components.reduce(0) { $0 + $1 * $1 }
  }

  /// The vector at length 1, or zeros.
  var unit: [Double] {
    let length = square.squareRoot()
    return length > 0 ? components.map { $0 / length } : components
  }

  /// The cosine of the angle between two vectors; 0 when either is all zero.
  package func cosine(with other: ScoreDirection) -> Double {
    precondition(
      components.count == other.components.count, "compared fingerprints have the same shape")
    guard square > 0, other.square > 0 else { return 0 }
    var product = 0.0
    for index in components.indices { product += components[index] * other.components[index] }
    return min(max(product / (square * other.square).squareRoot(), -1), 1)
  }

  /// Equation 13.
  package func similarity(to other: ScoreDirection) -> Double { (1 + cosine(with: other)) / 2 }
}
