import Statistics

/// What was measured of one slot in one layer, beyond digests.
///
/// Equation: G[a, b] = <r_a, r_b>, r the response of an expert to the probes less that of the base, and for
/// row 1 the base's own response
/// Shapes: `[side, side]`, row by row, in the order suspect; base; candidates; side = 2 + candidates.
/// Candidates and base were brought into the suspect's form before: units in its order, values on its grid,
/// zeros where it has zeros. These are functions of the suspect and of the base alone.
public struct SlotMeasurement: Sendable, Hashable, Codable {
  /// Inner products of responses.
  public let gram: [Double]
  /// The share of the suspect's weights that are zero, and so were left out on all sides.
  public let maskedShare: Double
  /// What the suspect's weights were rounded to, such as `Q4_0` or `int4, groups of 32`; `nil` for floats.
  public let grid: String?
  /// Hidden units that stand in another place than the base's.
  public let movedUnits: Int
  /// Whether up rows and down columns were rescaled against each other.
  public let rescaledUnits: Bool
  /// How single weights agree with those of candidates; at least of the one whose response is nearest.
  public let agreements: [WeightAgreement]

  private enum CodingKeys: String, CodingKey {
    case gram, grid, agreements
    case maskedShare = "masked_share"
    case movedUnits = "moved_units"
    case rescaledUnits = "rescaled_units"
  }

  /// Keeps what was measured.
  public init(
    gram: [Double], maskedShare: Double, grid: String?, movedUnits: Int, rescaledUnits: Bool,
    agreements: [WeightAgreement]
  ) {
    self.gram = gram
    self.maskedShare = maskedShare
    self.grid = grid
    self.movedUnits = movedUnits
    self.rescaledUnits = rescaledUnits
    self.agreements = agreements
  }

  /// The side of the Gram matrix.
  public var side: Int { Int(Double(gram.count).squareRoot().rounded()) }

  /// What the suspect and a candidate share beyond the base's response and `others`.
  ///
  /// Equation: cos(P s, P v), P the projection away from the base's response and the others
  /// Units: -1...1; 0 where nothing is left of either.
  ///
  /// - Parameters:
  ///   - candidate, others: places among the candidates.
  public func residual(_ candidate: Int, beyond others: [Int]) -> Double {
    let span = [1] + others.filter { $0 != candidate }.map { $0 + 2 }
    let projection = SpanProjection(gram: span.map { a in span.map { self[a, $0] } })
    let row = candidate + 2
    return projection.residual(
      (self[0, 0], span.map { self[0, $0] }), (self[row, row], span.map { self[row, $0] }),
      product: self[0, row]
    ).cosine
  }

  subscript(_ row: Int, _ column: Int) -> Double { gram[row * side + column] }
}

/// How the weights of a slot in one layer agree with a candidate's, value by value.
public struct WeightAgreement: Sendable, Hashable, Codable {
  /// The candidate's name.
  public let candidate: String
  /// Weights that were compared: those in which candidate and base differ.
  public let compared: Int
  /// How many of them are the candidate's.
  public let equal: Int
  /// For gate, up and down the factor by which every weight is the candidate's up to one rounding of the
  /// suspect's type; `nil` where there is none.
  public let multiples: [Double?]

  /// Keeps counts.
  public init(candidate: String, compared: Int, equal: Int, multiples: [Double?]) {
    self.candidate = candidate
    self.compared = compared
    self.equal = equal
    self.multiples = multiples
  }

  /// The share of compared weights that are equal; 0 where none were compared.
  public var equalShare: Double { compared > 0 ? Double(equal) / Double(compared) : 0 }
  /// Whether all three matrices are multiples of the candidate's.
  public var isMultiple: Bool { multiples.count == 3 && multiples.allSatisfy { $0 != nil } }
}

/// The least-squares combination of candidates that comes nearest to a slot.
///
/// Equation: min over a of |s - a_0 b - sum over c of a_c v_c|^2, from inner products alone.
public struct BlendFit: Sendable, Hashable {
  /// The factor of every candidate.
  public let factors: [Double]
  /// The share of the slot's square that is explained beyond the base's own response, 0...1.
  public let explained: Double

  /// Fits the inner products of several layers added up, each scaled by the suspect's square in it.
  public init?(_ measurements: [SlotMeasurement]) {
    guard let side = measurements.first?.side, side > 2,
      measurements.allSatisfy({ $0.side == side })
    else { return nil }
    var gram = [Double](repeating: 0, count: side * side)
    for measurement in measurements where measurement[0, 0] > 0 {
      for index in gram.indices { gram[index] += measurement.gram[index] / measurement[0, 0] }
    }
    let count = side - 1
    // Normal equations with a touch of damping, eliminated with the largest pivot.
    var rows = (1..<side).map { a in
      (1..<side).map { gram[a * side + $0] * ($0 == a ? 1 + 1e-9 : 1) } + [gram[a * side]]
    }
    for column in 0..<count {
      guard
        let pivot = (column..<count).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
        abs(rows[pivot][column]) > 0
      else { return nil }
      rows.swapAt(column, pivot)
      for row in 0..<count where row != column {
        let factor = rows[row][column] / rows[column][column]
        if factor == 0 { continue }
        for place in column...count { rows[row][place] -= factor * rows[column][place] }
      }
    }
    let solution = (0..<count).map { rows[$0][count] / rows[$0][$0] }
    let inner = (0..<count).reduce(0) { $0 + solution[$1] * gram[$1 + 1] }
    factors = Array(solution.dropFirst())
    // What the base's own response explains is no part of what a slot has of others.
    let base = gram[side + 1] > 0 ? gram[1] * gram[1] / gram[side + 1] : 0
    let left = gram[0] - base
    explained = left > 1e-12 * gram[0] ? min(max(1 - (gram[0] - inner) / left, 0), 1) : 0
    guard factors.allSatisfy(\.isFinite), explained.isFinite else { return nil }
  }
}
