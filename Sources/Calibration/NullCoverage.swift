/// Whether the nulls are to the victim what they are to each other.
///
/// Equation: share = sum over l of |P_l r_l|^2 / sum over l of |r_l|^2, what K - 1 nulls leave
/// unexplained of a response r; for the victim the mean over which null is left out.
///
/// p-values speak of innocents who trained as the nulls did. If every null is explained better than the
/// victim, the victim's recipe is probably none that a null has, such as a longer training, and an
/// innocent party with that recipe shares with the victim what no null knows of. A victim that is one
/// more null ranks last in 1 of K + 1 cases: then a larger residual is asked for without need.
public struct NullCoverage: Codable, Sendable, Equatable {
  /// The share of the victim's response that nulls leave unexplained, 0...1.
  public let victim: Double
  /// That of each null, `[K]`.
  public let nulls: [Double]

  /// Whether some null is explained as badly as the victim.
  public var isCovered: Bool { nulls.contains { $0 >= victim } }
}
