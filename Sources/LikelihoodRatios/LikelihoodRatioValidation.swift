/// A calibrated method, and how well its likelihood ratios did on pairs that it was not fitted to.
///
/// Every pair is judged by a calibration that was fitted without it, or without its whole group
/// (a recipe, a model): pairs that share a model are not independent. Ratios are bounded by
/// ``EmpiricalBounds`` and never exceed the number of independent pairs + 1.
public struct LikelihoodRatioValidation: Sendable, Hashable {
  /// How scores become ratios.
  public let method: LikelihoodRatioCalibrator.Method
  /// The calibration on all pairs.
  public let calibrator: LikelihoodRatioCalibrator
  /// How far its ratios may go.
  public let bounds: EmpiricalBounds
  /// The ratios of pairs, each without its own group, bounded.
  public let ratios: LabelledRatios

  /// Which group each pair belongs to.
  public struct Groups: Sendable, Hashable, Codable {
    /// One for each pair of reuse.
    public let reuse: [String]
    /// One for each independent pair.
    public let innocent: [String]

    /// Names groups.
    public init(reuse: [String], innocent: [String]) {
      self.reuse = reuse
      self.innocent = innocent
    }
  }

  /// Calibrates and validates.
  ///
  /// - Parameter groups: What is left out together; each pair by itself if `nil`.
  /// - Throws: ``LikelihoodRatioError`` when leaving a group out leaves no pair of a kind.
  public init(
    _ scores: LabelledScores, by method: LikelihoodRatioCalibrator.Method, groups: Groups? = nil
  ) throws(LikelihoodRatioError) {
    let groups =
      groups
      ?? Groups(
        reuse: scores.reuse.indices.map { "reuse \($0)" },
        innocent: scores.innocent.indices.map { "innocent \($0)" })
    guard groups.reuse.count == scores.reuse.count else {
      throw .countMismatch(
        name: "groups of reuse pairs", expected: scores.reuse.count, actual: groups.reuse.count)
    }
    guard groups.innocent.count == scores.innocent.count else {
      throw .countMismatch(
        name: "groups of innocent pairs", expected: scores.innocent.count,
        actual: groups.innocent.count)
    }
    var reuse = scores.reuse
    var innocent = scores.innocent
    for group in Set(groups.reuse + groups.innocent).sorted() {
      let others = (
        reuse: zip(scores.reuse, groups.reuse).filter { $0.1 != group }.map(\.0),
        innocent: zip(scores.innocent, groups.innocent).filter { $0.1 != group }.map(\.0)
      )
      guard !others.reuse.isEmpty else { throw .groupHasAll(name: "reuse", group: group) }
      guard !others.innocent.isEmpty else { throw .groupHasAll(name: "innocent", group: group) }
      let calibrator = LikelihoodRatioCalibrator(
        method, to: try LabelledScores(reuse: others.reuse, innocent: others.innocent))
      for index in reuse.indices where groups.reuse[index] == group {
        reuse[index] = calibrator.logRatio(of: scores.reuse[index])
      }
      for index in innocent.indices where groups.innocent[index] == group {
        innocent[index] = calibrator.logRatio(of: scores.innocent[index])
      }
    }
    let unbounded = try LabelledRatios(reuse: reuse, innocent: innocent)
    self.method = method
    calibrator = LikelihoodRatioCalibrator(method, to: scores)
    let bounds = EmpiricalBounds(unbounded).capped(
      reuse: scores.reuse.count, innocent: scores.innocent.count)
    self.bounds = bounds
    ratios = LabelledRatios(
      unchecked: (reuse.map(bounds.applied(to:)), innocent.map(bounds.applied(to:))))
  }

  /// log10 of the likelihood ratio of a score, bounded.
  public func logRatio(of score: Double) -> Double {
    bounds.applied(to: calibrator.logRatio(of: score))
  }
}
