import Statistics

/// The distribution of null scores on Fisher's scale, and how far out a suspect lies in it.
///
/// Equation: t = (z - mean) / (sd sqrt(1 + 1/K)), the prediction interval for one more score of
/// the same task; sd^2 = sum over tasks of squared deviations / sum over tasks of (K - 1), which
/// is also the number of degrees of freedom.
///
/// Assumptions, each checked on the nulls: tasks spread alike (Brown-Forsythe; when refused at
/// 1 %, each task keeps its own sd and K - 1 degrees of freedom), and scores are normal on this
/// scale (Anderson-Darling on the deviations of all tasks; when refused at 1 %, the tail is
/// Cantelli's 1 / (1 + t^2), which holds for every distribution with that mean and sd).
public struct NullTail: Codable, Sendable, Equatable {
  /// The nulls of one victim expert.
  public struct Group: Codable, Sendable, Equatable {
    /// The victim expert against whom they were scored.
    public let victimExpert: String
    /// Their leave-one-out scores on Fisher's scale.
    public let moments: Moments
  }

  /// Whose sd is used.
  public enum Spread: String, Codable, Sendable {
    /// One sd for all tasks.
    case pooled
    /// Each task's own.
    case perTask
  }

  /// Which tail is used.
  public enum Shape: String, Codable, Sendable {
    /// Student's t.
    case student
    /// Cantelli's inequality.
    case cantelli
  }

  /// The level at which an assumption is given up.
  public static let refusalLevel = 0.01
  /// The fewest nulls of a task with which a tail is fitted: two make an sd of which little is
  /// known.
  public static let leastNullCount = 3

  /// One group a victim expert.
  public let groups: [Group]
  /// Whose sd is used.
  public let spread: Spread
  /// Which tail is used.
  public let shape: Shape
  /// The sd over all groups.
  public let pooledStandardDeviation: Double
  /// Whether groups spread alike; `nil` when there is one group.
  public let homogeneity: SpreadComparison?
  /// Whether deviations look normal; `nil` for fewer than 5 nulls.
  public let fit: AndersonDarling?
  /// Deviations from their task's mean in units of their sd, ascending, `[M]`.
  public let deviations: [Double]

  /// Fits the tail to the nulls of one or more victim experts.
  ///
  /// - Returns: `nil` with fewer than ``leastNullCount`` nulls in a group, or when nulls do not
  ///   vary.
  public init?(_ scores: [(victimExpert: String, nullZ: [Double])]) {
    guard !scores.isEmpty, scores.allSatisfy({ $0.nullZ.count >= Self.leastNullCount }) else {
      return nil
    }
    groups = scores.map { Group(victimExpert: $0.victimExpert, moments: Moments($0.nullZ)) }
    let degrees = groups.reduce(0) { $0 + $1.moments.count - 1 }
    let squares = groups.reduce(0) {
      $0 + Double($1.moments.count - 1) * $1.moments.standardDeviation
        * $1.moments.standardDeviation
    }
    pooledStandardDeviation = (squares / Double(degrees)).squareRoot()
    homogeneity = SpreadComparison(scores.map(\.nullZ))
    spread = (homogeneity?.pValue ?? 1) < Self.refusalLevel ? .perTask : .pooled
    var deviations: [Double] = []
    for (group, score) in zip(groups, scores) {
      let moments = group.moments
      let sd = spread == .pooled ? pooledStandardDeviation : moments.standardDeviation
      guard sd > Self.leastDeviation else { return nil }
      // A deviation from a mean it is part of is too small by this factor.
      let scale = sd * (1 - 1 / Double(moments.count)).squareRoot()
      deviations += score.nullZ.map { ($0 - moments.mean) / scale }
    }
    self.deviations = deviations.sorted()
    fit = AndersonDarling(deviations)
    shape = (fit?.pValue ?? 1) < Self.refusalLevel ? .cantelli : .student
  }

  /// An sd below this is rounding.
  private static let leastDeviation = 1e-9

  /// How far out a score lies.
  public struct Position: Codable, Sendable, Equatable {
    /// The standardised score.
    public let t: Double
    /// Degrees of freedom of the sd.
    public let degrees: Int
    /// The tail beyond t.
    public let pValue: Double
  }

  /// Where a suspect lies among the nulls of a victim expert.
  ///
  /// - Returns: `nil` when there is no group of that name.
  public func position(of z: Double, victimExpert: String) -> Position? {
    guard let group = groups.first(where: { $0.victimExpert == victimExpert }) else { return nil }
    let (sd, degrees) = scale(group)
    let t = (z - group.moments.mean) / sd
    let pValue =
      switch shape {
      case .student: StudentT.upperTail(t, degrees: Double(degrees))
      case .cantelli: t > 0 ? 1 / (1 + t * t) : 1
      }
    return Position(t: t, degrees: degrees, pValue: pValue)
  }

  /// The score at which the tail beyond is `probability`, as a cosine.
  ///
  /// - Returns: `nil` when there is no group of that name.
  public func criticalScore(_ probability: Double, victimExpert: String) -> Double? {
    guard let group = groups.first(where: { $0.victimExpert == victimExpert }) else { return nil }
    let (sd, degrees) = scale(group)
    let t =
      switch shape {
      case .student: StudentT.upperQuantile(probability, degrees: Double(degrees))
      case .cantelli: (1 / probability - 1).squareRoot()
      }
    return FisherZ.cosine(group.moments.mean + t * sd)
  }

  private func scale(_ group: Group) -> (sd: Double, degrees: Int) {
    let moments = group.moments
    let correction = (1 + 1 / Double(moments.count)).squareRoot()
    switch spread {
    case .perTask: return (moments.standardDeviation * correction, moments.count - 1)
    case .pooled:
      let degrees = groups.reduce(0) { $0 + $1.moments.count - 1 }
      return (pooledStandardDeviation * correction, degrees)
    }
  }
}
