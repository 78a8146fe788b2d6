import Statistics

/// What a secret subset is worth: how often it would be found.
///
/// Equation: power = P(Z >= z_level - z) for an expected z, which grows with the square root of
/// the pool. A normal approximation: it plans, it never decides.
public enum SubsetPower {
  /// The chance that a suspect whose expected z is `z` has p at most `level`.
  ///
  /// - Precondition: `level` is inside 0...1.
  public static func power(z: Double, level: Double) -> Double {
    NormalDistribution.upperTail(-NormalDistribution.quantile(level) - z)
  }

  /// About how many images the pool needs for `power` at `level`, if `images` gave `z`.
  ///
  /// - Returns: `nil` where z is no more than noise (at most 1), and for pools beyond 1e12 images.
  /// - Precondition: `level` and `power` are inside 0...1.
  public static func imagesNeeded(
    images: Int, z: Double, level: Double, power: Double = 0.9
  ) -> Int? {
    guard z > 1 else { return nil }
    let wanted = NormalDistribution.quantile(power) - NormalDistribution.quantile(level)
    let needed = (Double(images) * (wanted / z) * (wanted / z)).rounded(.up)
    return needed <= 1e12 ? max(Int(needed), 2) : nil
  }
}
