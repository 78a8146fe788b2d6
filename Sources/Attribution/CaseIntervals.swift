import Calibration
import RoutingFingerprints
import Statistics

/// How much the numbers of a case depend on which probe images were drawn: percentile intervals of
/// a block bootstrap over the images of each task.
///
/// An interval says nothing about other experts of the same task: that is what nulls are for. Nulls
/// are held fixed. Similarities are bounded by 1, so intervals of near copies lie below the value.
public struct CaseIntervals: Codable, Sendable, Equatable {
  /// The intervals of one suspect expert.
  public struct Expert: Codable, Sendable, Equatable {
    /// Of the similarity with the top-1 victim expert.
    public let similarity: PercentileInterval
    /// Of the attribution margin; `nil` when the victim has one expert.
    public let margin: PercentileInterval?
    /// Of the routing residual with the victim expert it was tested against; `nil` without nulls.
    public let routingResidual: PercentileInterval?
  }

  /// How blocks were drawn.
  public let options: BootstrapOptions
  /// The number of blocks of each task.
  public let blockCounts: [Int]
  /// One entry a suspect expert.
  public let experts: [Expert]

  /// Draws blocks and recomputes every similarity, margin and routing residual.
  ///
  /// - Returns: `nil` unless both fingerprints have the same blocks, at least two a task.
  /// - Throws: `FingerprintError`, `CalibrationError`.
  init?(
    alignment: TaskAlignment, attributions: [ExpertAttribution], calibration: CaseCalibration?,
    options: BootstrapOptions
  ) throws {
    guard
      let bootstrap = BlockBootstrap(
        victim: alignment.victim, suspect: alignment.suspect, options: options)
    else { return nil }
    self.options = options
    blockCounts = bootstrap.draws.first?.map(\.count) ?? []
    var similarities = [[Double]](repeating: [], count: attributions.count)
    var margins = similarities
    var residuals = similarities
    let pairs = (calibration?.result.routing?.decisions ?? []).map {
      (victim: $0.victimIndex, suspect: $0.suspectIndex)
    }
    for draw in bootstrap.draws {
      guard let victim = try alignment.victim.resampled(draw),
        let suspect = try alignment.suspect.resampled(draw)
      else { continue }
      let matrix = SimilarityMatrix(TaskAlignment(aligned: victim, suspect))
      for (index, attribution) in attributions.enumerated() {
        let profile = matrix.profile(ofSuspectExpert: index)
        let top = profile[attribution.topOneIndex]
        similarities[index].append(top)
        let others = profile.indices.filter { $0 != attribution.topOneIndex }.map { profile[$0] }
        if let second = others.max() { margins[index].append(top - second) }
      }
      guard let input = calibration?.input, !pairs.isEmpty else { continue }
      let scores = try input.routingScores(victim: victim, suspect: suspect, pairs: pairs)
      for (index, score) in scores.enumerated() { residuals[index].append(score) }
    }
    experts = attributions.indices.compactMap { index in
      PercentileInterval(similarities[index], level: options.level).map { similarity in
        Expert(
          similarity: similarity, margin: PercentileInterval(margins[index], level: options.level),
          routingResidual: PercentileInterval(residuals[index], level: options.level))
      }
    }
  }
}
