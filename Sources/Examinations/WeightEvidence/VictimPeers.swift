import Calibration
import Checkpoints
import Diagnostics
import ExactTests
import Files
import ModelMerging

/// What a victim's experts are compared with besides a suspect: null experts that innocents stand for,
/// and re-runs of each victim expert's own recipe.
///
/// Both respond in one pass; afterwards inner products are taken apart, since nulls calibrate a screening
/// number and re-runs an exact test.
struct VictimPeers {
  /// The victim's experts that have nulls or re-runs.
  let experts: [ExpertTower]
  /// The null experts of each victim expert; none without a pool.
  private let nulls: [[ExpertTower]]
  /// The re-runs of each victim expert, with what they are from.
  private let reruns: [Reruns?]

  /// The re-runs of one victim expert.
  private struct Reruns {
    let folder: String
    let towers: [ExpertTower]
    let source: RerunComparison.Source
    let sequential: RerunSet.Sequential?
    let refusals: [ExactRefusal]
    let seed: UInt64?
    let record: TrainingRecord?
  }

  /// Opens nulls and re-runs.
  ///
  /// - Parameters:
  ///   - folders: sets of re-runs; each is of the victim expert that its manifest names by digest, or by
  ///     its task where the expert is in a merge.
  ///   - experts: the victim's experts, named after their tasks.
  /// - Throws: ``RerunError``, `NullPoolError`; what opening models throws.
  init(
    pool: CalibratingPool?, reruns folders: [String], victim: ModelFolder,
    experts: [ExpertTower], base: ModelFolder
  ) throws {
    var found = [Reruns?](repeating: nil, count: experts.count)
    for path in folders {
      let folder = RerunFolder(path: path)
      let set = try folder.read()
      guard try set.base == base.digest() else {
        throw RerunError.otherSet(
          folder: path, key: "base", expected: "\(try base.digest())", actual: "\(set.base)")
      }
      let place = experts.firstIndex { expert in
        victim.mixture == nil ? experts.count == 1 : expert.name == set.task
      }
      guard let place else {
        throw RerunError.noReruns(victim: set.task, available: experts.map(\.name))
      }
      let own = victim.mixture == nil ? try victim.digest() : nil
      if let own, own != set.victim {
        throw RerunError.otherSet(
          folder: path, key: "victim", expected: "\(own)", actual: "\(set.victim)")
      }
      try Self.check(set, of: victim, in: path)
      guard found[place] == nil else { throw RerunError.twoSets(victim: experts[place].name) }
      found[place] = try Reruns(
        folder: path, towers: set.runs.flatMap { try folder.open($0).expertTowers },
        source: RerunComparison.Source(
          manifest: try Digest.sha256(ofFile: folder.manifestPath), victim: set.victim,
          runs: set.runs.map(\.sha256)),
        sequential: set.sequential, refusals: set.hasPopularSeed ? [.popularSeed] : [],
        seed: victim.mixture == nil ? TrainingRecord.all(of: victim).last?.seed : nil,
        record: victim.mixture == nil ? TrainingRecord.all(of: victim).last : nil)
    }
    let kept = experts.indices.filter { pool != nil || found[$0] != nil }
    self.experts = kept.map { experts[$0] }
    nulls = try kept.map { try pool?.nulls(of: experts[$0].name) ?? [] }
    reruns = kept.map { found[$0] }
  }

  /// Checks what a manifest says against itself and against the victim's own record, before any run is opened.
  private static func check(_ set: RerunSet, of victim: ModelFolder, in path: String) throws {
    var seen: Set<Digest> = []
    for run in set.runs where !seen.insert(run.sha256).inserted || run.sha256 == set.victim {
      throw RerunError.sameWeights(
        path: path, as: run.sha256 == set.victim ? "the victim" : "another run, `\(run.path)`")
    }
    guard victim.mixture == nil, !set.hasStatedRecipe,
      let record = try TrainingRecord.all(of: victim).last
    else { return }
    guard try record.withoutSeed() == set.recipe else {
      throw RerunError.otherSet(
        folder: path, key: "recipe", expected: "that of the victim's record", actual: "another")
    }
    if set.runs.contains(where: { $0.seed == record.seed }) {
      throw RerunError.otherSet(
        folder: path, key: "seed", expected: "other seeds than the victim's", actual: "the victim's"
      )
    }
  }

  /// Nulls, then re-runs, of each victim expert.
  var towers: [[ExpertTower]] { zip(nulls, reruns).map { $0 + ($1?.towers ?? []) } }

  /// Whether there are re-runs of any victim expert.
  var hasReruns: Bool { reruns.contains { $0 != nil } }

  /// The inner products that screening takes: with nulls, or with re-runs in their place.
  ///
  /// - Throws: `CalibrationError` never for inner products that were checked.
  func screening(_ gram: ResponseGram, victim place: Int) throws -> ResponseGram {
    guard !nulls[place].isEmpty, reruns[place] != nil else { return gram }
    let kept = Array(0..<2 + nulls[place].count)
    return try ResponseGram(
      victimExpert: gram.victimExpert, suspectExpert: gram.suspectExpert,
      maskedShare: gram.maskedShare,
      layers: gram.layers.map { Self.part($0, kept, side: gram.side) },
      blocks: gram.blocks?.map { block in
        block.map { Self.part($0, kept, side: gram.side) }
      })
  }

  /// The victim expert's rank among its re-runs for a suspect; `nil` without re-runs.
  ///
  /// - Parameters:
  ///   - grams: inner products with each suspect expert, in their order.
  ///   - suspect: the digest of the suspect.
  ///   - records: what the suspect's own `config.json` says of its trainings.
  ///   - identical: weights that equal the victim expert's, by suspect expert.
  /// - Throws: `ExactTestError`.
  func comparison(
    _ grams: [ResponseGram], victim place: Int, suspect: Digest, records: [TrainingRecord],
    identical: ExpertEvidence.IdenticalWeights?
  ) throws -> RerunComparison? {
    guard let reruns = reruns[place], let first = grams.first else { return nil }
    if let plan = reruns.sequential, plan.suspect != suspect {
      throw RerunError.otherSet(
        folder: reruns.folder, key: "suspect", expected: "\(suspect)", actual: "\(plan.suspect)")
    }
    let start = 2 + nulls[place].count
    let fixed = reruns.sequential?.fixedCount ?? 0
    let runs = start..<start + reruns.towers.count
    let order = [1] + runs.prefix(fixed) + [0] + runs.dropFirst(fixed)
    let exact = try grams.map { gram in
      try RerunGram(
        layers: gram.layers.map { Self.part($0, order, side: gram.side) }, fixedCount: fixed)
    }
    let shared = records.contains { record in
      record.seed == reruns.seed && record != reruns.record
    }
    return try RerunComparison(
      victimExpert: first.victimExpert, suspectExperts: grams.map(\.suspectExpert), grams: exact,
      source: RerunComparison.Source(
        manifest: reruns.source.manifest, victim: reruns.source.victim,
        runs: Array(reruns.source.runs.dropFirst(fixed))),
      measure: reruns.sequential == nil ? .partialCosine : .cosineBesideFixed,
      plan: reruns.sequential.map {
        RerunComparison.SequentialPlan(
          exceedancesToStop: $0.exceedancesToStop, maximumCount: $0.maximumCount)
      }, identical: identical,
      refusals: reruns.refusals + (shared ? [.sharedSeed] : [])
        + (grams.allSatisfy(\.isUnlikeAny) ? [.incomparableCoordinates] : []))
  }

  /// What exact tests say about a suspect; `nil` without re-runs.
  ///
  /// - Parameter seeksEqualWeights: whether MLP weights that equal the victim's are looked for.
  /// - Throws: `ExactTestError`; what reading tensors throws.
  func findings(
    on model: ModelFolder, _ towers: [ExpertTower], _ grams: [ResponseGram],
    _ functional: FunctionalComparison, seeksEqualWeights: Bool = true
  ) throws -> ExactFindings? {
    guard hasReruns, !grams.isEmpty else { return nil }
    // How many re-runs there are was decided on MLPs: their number says nothing about attention.
    if !seeksEqualWeights, reruns.contains(where: { $0?.sequential != nil }) { return nil }
    let records = try TrainingRecord.all(of: model)
    var comparisons: [RerunComparison] = []
    for (place, expert) in functional.victim.enumerated() {
      let own = grams.filter { $0.victimExpert == expert.name }
      let first = try comparison(
        own, victim: place, suspect: model.digest(), records: records, identical: nil)
      guard let first else { continue }
      let nearest = try first.nearestExpert()
      let candidate = seeksEqualWeights ? towers.first { $0.name == nearest } : nil
      let identical = try candidate.flatMap {
        try functional.equalWeights(of: $0, withVictim: place)
      }
      comparisons.append(
        try identical.flatMap {
          try comparison(
            own, victim: place, suspect: model.digest(), records: records, identical: $0)
        } ?? first)
    }
    // Attention is a second question about the same suspect: it pays for being asked.
    return try ExactFindings(
      comparisons,
      rule: seeksEqualWeights
        ? ExactVerdictRule() : ExactVerdictRule(level: 0.005, leaningLevel: 0.025))
  }

  /// Rows and columns of a square matrix, in another order.
  private static func part(_ matrix: [Double], _ places: [Int], side: Int) -> [Double] {
    places.flatMap { row in places.map { matrix[row * side + $0] } }
  }
}
