import Calibration
import Diagnostics
import ExactTests
import ExpertResponses
import ModelMerging
import Probes
import RoutedModels
import VisionTransformers

/// The white-box comparison of suspects with a victim: responses on the base model's own tokens,
/// and what was done to weights.
struct FunctionalComparison {
  /// The victim's experts.
  let victim: [ExpertTower]
  private let base: ModelFolder
  private let nulls: [[ExpertTower]]
  private let pixels: SuitePixels
  private let rows: [Int]
  private let blockCount: Int

  /// Chooses probe images.
  ///
  /// - Parameters:
  ///   - victim: experts that are named after their tasks.
  ///   - peers: the experts that others trained, and the re-runs, of each victim expert.
  ///   - probes: images of each task, evenly over the suite's.
  ///   - blocks: how many blocks of these to keep, 0 for none; no more than there are images of a
  ///     task, so that every block has images of all tasks.
  /// - Throws: `ProbeSuiteError` when the suite's images do not fit the base model; `NullPoolError`.
  init(
    base: ModelFolder, victim: [ExpertTower], peers: VictimPeers, suite: OpenSuite, probes: Int,
    blocks: Int
  ) throws {
    self.base = base
    self.victim = victim
    nulls = peers.towers
    pixels = try SuitePixels(
      suite, forModel: base.path, imageSize: base.configuration.imageSize)
    rows = suite.evenRows(perTask: probes)
    blockCount = min(blocks, probes)
  }

  /// The inner products of every victim expert and every expert of each suspect.
  ///
  /// All suspects share one pass over tokens, in which victim and nulls respond once.
  ///
  /// - Returns: the pairs of each suspect.
  /// - Throws: `ResponseError`, `CalibrationError`, and what reading images and tensors throws.
  func grams(
    of suspects: [[ExpertTower]], compute: ComputeSettings, progress: ProgressHandler?
  ) throws -> [[ResponseGram]] {
    let responses = try FunctionalResponses(
      base: base,
      victims: zip(victim, nulls).map { FunctionalResponses.Victim(expert: $0, nulls: $1) },
      suspects: suspects.flatMap { $0 })
    let products = try responses.products(
      sampleCount: rows.count, blockCount: blockCount, batch: compute.batch, pool: compute.pool,
      progress: progress
    ) { [rows, pixels] in try pixels.write(rows[$0], into: $1) }
    var next = 0
    return try suspects.map { experts in
      defer { next += experts.count }
      return try victim.indices.flatMap { row in
        try experts.indices.map { column in
          let pair = products[row][next + column]
          return try ResponseGram(
            victimExpert: victim[row].name, suspectExpert: experts[column].name,
            maskedShare: pair.maskedShare, layers: pair.layers,
            blocks: blockCount > 1 ? pair.blocks : nil)
        }
      }
    }
  }

  /// What was probably done to those experts of a suspect that are unlike other people's work, and which
  /// of its experts are copies of each other.
  ///
  /// - Throws: what reading tensors throws.
  func findings(
    on suspect: [ExpertTower], _ evidence: CalibratedEvidence
  ) throws -> [TamperFinding] {
    guard case .tower(let origin) = base.form else {
      throw ResponseError.baseIsNoTower(path: base.path)
    }
    let matched = evidence.decisions.filter {
      if case .unlikeOthers = $0.verdict { true } else { false }
    }
    let weights = try matched.flatMap { decision in
      try WeightDiagnosis(
        of: suspect[decision.suspectIndex], from: victim[decision.victimIndex], base: origin
      ).tamperFindings(on: decision.suspectExpert)
    }
    let clones = try CloneSearch(among: suspect, base: origin).pairs
    return weights + clones.map { $0.tamperFinding(among: suspect) }
  }

  /// The weights that a suspect expert has in common with a victim expert to the last bit, if these are
  /// all that training changed.
  ///
  /// - Throws: what reading tensors throws.
  func equalWeights(
    of suspect: ExpertTower, withVictim place: Int
  ) throws -> ExpertEvidence.IdenticalWeights? {
    guard case .tower(let origin) = base.form else {
      throw ResponseError.baseIsNoTower(path: base.path)
    }
    guard suspect.configuration.intermediateSize == base.configuration.intermediateSize else {
      return nil
    }
    let equal = try EqualWeights(
      of: suspect.tensors, with: victim[place].tensors, base: origin, base.configuration)
    guard equal.isIdentical else { return nil }
    return try ExpertEvidence.IdenticalWeights(
      source: victim[place].name, equalCount: equal.equalCount)
  }
}
