import Calibration
import Checkpoints
import Diagnostics
import Documents
import Files
import ModelMerging
import NullPools
import RoutingFingerprints

/// A pool of nulls that was found to belong to a base model and a probe suite.
struct CalibratingPool {
  let place: NullPoolFolder
  let pool: NullPool
  /// What a case says about the pool.
  let reference: NullPoolReference

  /// Reads a pool's manifest.
  ///
  /// - Parameters:
  ///   - base: the examiner's base model; `nil` when only routing is compared.
  ///   - suite: the suite over which victim and suspect are compared.
  ///   - experts: the victim's experts, which are named after their tasks.
  /// - Throws: `NullPoolError` when base, suite or tasks are not the pool's.
  init(path: String, base: ModelFolder?, suite: Digest, experts: [String]) throws {
    place = NullPoolFolder(path: path)
    pool = try place.read()
    if let base { try pool.require(base: base.digest(), in: place.path) }
    try pool.merges?.require(suite: suite, in: place.path)
    for expert in experts { _ = try pool.experts(of: expert, in: place.path) }
    let count = try pool.completeCount(in: place.path)
    reference = NullPoolReference(
      manifestDigest: try Digest.sha256(ofFile: place.manifestPath), baseDigest: pool.base,
      suiteDigest: suite, tasks: pool.tasks.map(\.name),
      nullCount: count, recipes: pool.recipeWords(usingFirst: count))
  }

  /// The K null experts of a task.
  ///
  /// - Throws: `NullPoolError` when one is missing or changed, and what opening a model throws.
  func nulls(of task: String) throws -> [ExpertTower] {
    try pool.experts(of: task, in: place.path).prefix(reference.nullCount)
      .flatMap { try place.open($0).expertTowers }
  }

  /// The fingerprints of all null merges; none without merges.
  ///
  /// - Throws: `NullPoolError` when one is changed, and what reading a fingerprint throws.
  func mergeFingerprints() throws -> [ModelFingerprint] {
    try (pool.merges?.entries ?? []).map { try place.fingerprint(of: $0) }
  }
}
