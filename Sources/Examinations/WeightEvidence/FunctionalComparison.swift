import Calibration
import Coordinates
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
  /// The inner products of a suspect's experts, or what is wrong with its responses.
  typealias Grams = Result<[ResponseGram], any Error>

  /// The victim's experts.
  let victim: [ExpertTower]
  private let reference: ReferenceCoordinates
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
    reference = try FunctionalResponses.reference(base)
    self.victim = victim
    nulls = peers.towers
    pixels = try SuitePixels(
      suite, forModel: base.path, imageSize: base.configuration.imageSize)
    rows = suite.evenRows(perTask: probes)
    blockCount = min(blocks, probes)
  }

  /// A suspect's experts in the base's coordinates.
  ///
  /// - Throws: `CoordinateError`, and what reading tensors throws.
  func opened(_ suspect: [ExpertTower]) throws -> [FunctionalResponses.Suspect] {
    try suspect.map { try FunctionalResponses.Suspect($0, reference) }
  }

  /// The inner products of every victim expert and every expert of each suspect.
  ///
  /// All suspects share one pass over tokens, in which victim and nulls respond once.
  ///
  /// - Parameter part: what responds; where it is attention, experts of a full mixture are left out, of
  ///   which attention is a sum.
  /// - Returns: the pairs of each suspect, or what is wrong with its responses.
  /// - Throws: `ResponseError`, and what reading images and tensors throws.
  func grams(
    of part: ExpertPart = .feedForward, _ suspects: [[FunctionalResponses.Suspect]],
    compute: ComputeSettings, progress: ProgressHandler?
  ) throws -> [Grams] {
    func takesPart(_ expert: ExpertTower) -> Bool { part != .attention || expert.ownsAttention }
    let rowsOfVictims = victim.indices.filter { takesPart(victim[$0]) }
    let taken = suspects.map { $0.filter { takesPart($0.realignment.expert) } }
    guard !rowsOfVictims.isEmpty, taken.contains(where: { !$0.isEmpty }) else {
      return suspects.map { _ in .success([]) }
    }
    let responses = try FunctionalResponses(
      reference,
      victims: rowsOfVictims.map {
        FunctionalResponses.Victim(expert: victim[$0], nulls: nulls[$0])
      }, suspects: taken.flatMap { $0 })
    let products = try responses.products(
      of: part, sampleCount: rows.count, blockCount: blockCount, batch: compute.batch,
      pool: compute.pool, progress: progress
    ) { [rows, pixels] in try pixels.write(rows[$0], into: $1) }
    var next = 0
    return taken.map { experts in
      defer { next += experts.count }
      return Result {
        try rowsOfVictims.enumerated().flatMap { row, place in
          try experts.enumerated().map { column, expert in
            try gram(products[row][next + column], victim[place].name, expert)
          }
        }
      }
    }
  }

  private func gram(
    _ pair: FunctionalResponses.PairProducts, _ victim: String,
    _ suspect: FunctionalResponses.Suspect
  ) throws -> ResponseGram {
    let expert = suspect.realignment.expert
    guard pair.isFinite else {
      throw ResponseError.nonFiniteResponse(
        expert: expert.name,
        layer: pair.layers.firstIndex { !$0.allSatisfy(\.isFinite) } ?? 0)
    }
    return try ResponseGram(
      victimExpert: victim, suspectExpert: expert.name, maskedShare: pair.maskedShare,
      layers: pair.layers, blocks: blockCount > 1 ? pair.blocks : nil)
  }

  /// How a suspect's coordinates differ from the base's, what was probably done to those of its experts
  /// that are unlike other people's work, and which of its experts are copies of each other.
  ///
  /// - Throws: what reading tensors throws.
  func findings(
    on suspect: [FunctionalResponses.Suspect], _ evidence: CalibratedEvidence
  ) throws -> [TamperFinding] {
    let matched = evidence.decisions.filter {
      if case .unlikeOthers = $0.verdict { true } else { false }
    }
    let weights = try matched.flatMap { decision in
      try WeightDiagnosis(
        of: suspect[decision.suspectIndex].realignment.expert,
        from: victim[decision.victimIndex], reference: reference
      ).tamperFindings(on: decision.suspectExpert)
    }
    let coordinates = try self.coordinates(of: suspect)
    // Task vectors of what is not in the base's coordinates are all alike.
    let comparable = suspect.filter(\.realignment.stream.isFound).map(\.realignment)
    let experts = try comparable.count > 1 ? comparable.map { try $0.weights().tower } : []
    let clones = try CloneSearch(among: experts, base: reference.folded).pairs
    return coordinates + weights + clones.map { $0.tamperFinding(among: experts) }
  }

  /// What each expert's coordinates are, said once for a model whose experts share them.
  private func coordinates(
    of suspect: [FunctionalResponses.Suspect]
  ) throws -> [TamperFinding] {
    let found = try suspect.compactMap { try $0.coordinateFinding() }
    guard let first = found.first, found.count == suspect.count, found.count > 1,
      found.allSatisfy({ $0.kind == first.kind && $0.quantities == first.quantities })
    else { return found }
    return [
      TamperFinding(
        first.kind, subject: "model", quantities: first.quantities,
        confidence: first.confidence)
    ]
  }

  /// The weights that a suspect expert has in common with a victim expert to the last bit, if these are
  /// all that training changed.
  ///
  /// - Throws: what reading tensors throws.
  func equalWeights(
    of suspect: ExpertTower, withVictim place: Int
  ) throws -> ExpertEvidence.IdenticalWeights? {
    let base = reference.expert
    guard suspect.configuration.intermediateSize == base.configuration.intermediateSize,
      suspect.configuration.hiddenLayerCount == base.configuration.hiddenLayerCount
    else { return nil }
    let equal = try EqualWeights(
      of: suspect.tensors, with: victim[place].tensors, base: base.tensors, base.configuration)
    guard equal.isIdentical else { return nil }
    return try ExpertEvidence.IdenticalWeights(
      source: victim[place].name, equalCount: equal.equalCount)
  }
}
