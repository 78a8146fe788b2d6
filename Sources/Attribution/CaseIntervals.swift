import Calibration
import RoutingFingerprints
import Statistics

/// How much the numbers of a case depend on which probe images were drawn: basic intervals of a block
/// bootstrap over the images of each task.
///
/// An interval is for what endlessly many images would lead to, and says nothing about other experts
/// of the same task: that is what nulls are for. Nulls are held fixed.
public struct CaseIntervals: Codable, Sendable, Equatable {
  /// The intervals of one suspect expert; `nil` where there are no blocks or nothing was compared.
  public struct Expert: Codable, Sendable, Equatable {
    /// Of the similarity with the top-1 victim expert.
    public let similarity: BootstrapInterval?
    /// Of the attribution margin; `nil` when the victim has one expert, too.
    public let margin: BootstrapInterval?
    /// Of the routing residual with the victim expert it was tested against.
    public let routingResidual: BootstrapInterval?
    /// Of the functional residual with the victim expert it was tested against.
    public let functionalResidual: BootstrapInterval?
  }

  /// How blocks were drawn.
  public let options: BootstrapOptions
  /// The number of blocks of each task in both fingerprints; empty when these cannot be resampled.
  public let blockCounts: [Int]
  /// The number of blocks of responses; `nil` without responses in blocks.
  public let responseBlockCount: Int?
  /// One entry per suspect expert.
  public let experts: [Expert]

  /// Draws blocks and recomputes every similarity, margin and residual.
  ///
  /// - Returns: `nil` unless both fingerprints have the same blocks, at least two a task, or
  ///   responses have blocks.
  /// - Throws: `FingerprintError`, `CalibrationError`.
  init?(
    alignment: TaskAlignment, attributions: [ExpertAttribution], calibration: CaseCalibration?,
    options: BootstrapOptions
  ) throws {
    let bootstrap = BlockBootstrap(
      victim: alignment.victim, suspect: alignment.suspect, options: options)
    responseBlockCount = calibration?.input.responseGrams.lazy.compactMap { $0.blocks?.count }.first
    guard bootstrap != nil || responseBlockCount != nil else { return nil }
    self.options = options
    blockCounts = bootstrap?.draws.first?.map(\.count) ?? []
    let replicates = try bootstrap.map {
      try RoutingReplicates(
        $0, alignment: alignment, attributions: attributions, calibration: calibration)
    }
    let functional = calibration.flatMap { calibration in
      calibration.result.functional?.residualIntervals(
        calibration.input.responseGrams, weighting: calibration.input.options.weighting,
        options: options)
    }
    let routing = calibration?.result.routing?.decisions
    func interval(
      of value: Double?, _ replicates: [Double]?, within range: ClosedRange<Double>
    ) -> BootstrapInterval? {
      guard let value, let replicates else { return nil }
      return BootstrapInterval(of: value, replicates, level: options.level, within: range)
    }
    experts = attributions.enumerated().map { index, attribution in
      Expert(
        similarity: interval(
          of: attribution.similarity, replicates?.similarities[index], within: 0...1),
        margin: interval(
          of: attribution.attributionMargin, replicates?.margins[index], within: -1...1),
        routingResidual: interval(
          of: routing?[index].test?.scores.score, replicates?.residuals[index], within: -1...1),
        functionalResidual: functional?[index])
    }
  }
}

/// What follows from drawn blocks of both fingerprints, `[suspect experts][replicates]`.
private struct RoutingReplicates {
  var similarities: [[Double]]
  var margins: [[Double]]
  var residuals: [[Double]]

  init(
    _ bootstrap: BlockBootstrap, alignment: TaskAlignment, attributions: [ExpertAttribution],
    calibration: CaseCalibration?
  ) throws {
    similarities = [[Double]](repeating: [], count: attributions.count)
    margins = similarities
    residuals = similarities
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
      for (pair, score) in zip(pairs, scores) { residuals[pair.suspect].append(score) }
    }
  }
}
