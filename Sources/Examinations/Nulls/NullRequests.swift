import Diagnostics
import ModelMerging
import NullPools
import Probes

/// A pool as a request has left it.
public struct NullPoolResult: Sendable {
  /// The pool's folder.
  public let path: String
  /// Its manifest.
  public let pool: NullPool
}

/// Trains independent experts of every task, with recipes drawn from a distribution.
///
/// A run that was stopped, or is asked for more, goes on: finished experts stay.
public struct NullTrainingRequest: ExaminationRequest {
  /// The tower that all experts start from.
  public var base: String
  /// Tasks with labelled images.
  public var data: [NamedPath]
  /// The file of zero-shot heads.
  public var head: String
  /// Experts of each task.
  public var count: Int
  /// What recipes are drawn from.
  public var distribution: RecipeDistribution
  /// The seed they are drawn with, less than 2^53; that of the pool, or a new one from the system, when
  /// `nil`.
  public var seed: UInt64?
  /// Steps between saved states.
  public var checkpointEvery = 100
  /// Threads, on which results do not depend; as many as there are processors when `nil`.
  public var threads: Int?
  /// The pool's folder.
  public var pool: String

  /// A request.
  public init(
    base: String, data: [NamedPath], head: String, count: Int = 8,
    distribution: RecipeDistribution, seed: UInt64? = nil, pool: String
  ) {
    self.base = base
    self.data = data
    self.head = head
    self.count = count
    self.distribution = distribution
    self.seed = seed
    self.pool = pool
  }

  /// Trains what is missing.
  ///
  /// - Throws: `NullPoolError` when the folder holds another pool; ``TrainingInputError``,
  ///   `TrainingError`; what reading model, images and heads throws.
  public func run(_ examiner: Examiner) throws -> NullPoolResult {
    let folder = try OpenedInputs(examiner).model(base)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open(data, for: folder)
    let place = NullPoolFolder(path: pool)
    let stated = NullPool(
      base: try folder.digest(), head: try heads.digest(), tasks: try NullPool.tasks(images),
      distribution: distribution,
      seed: try seed ?? (place.exists ? place.read().seed : SystemSeed.drawShort()))
    let training = try NullTraining(
      training: ExpertTraining(base: folder, heads: heads, tasks: images), images: images,
      place: place, checkpointEvery: checkpointEvery, threads: threads, examiner: examiner)
    return NullPoolResult(
      path: place.path, pool: try training.run(continuing: stated, to: count))
  }
}

/// Merges a pool's experts, adapts the routers, and captures fingerprints over a suite.
///
/// Merge k is made of the k-th expert of every task, with softmax routing. A run that was stopped goes
/// on: finished merges stay.
public struct NullMergingRequest: ExaminationRequest {
  /// The pool's folder.
  public var pool: String
  /// Its base model.
  public var base: String
  /// The suite of the fingerprints.
  public var suite: String
  /// Every task of the pool with its images; labels are not read.
  public var data: [NamedPath]
  /// The file of zero-shot heads.
  public var head: String
  /// How routers are trained.
  public var adaptation: NullMerges.Adaptation
  /// Merges; as many as there are experts of every task when `nil`.
  public var count: Int?
  /// Threads, on which results do not depend; as many as there are processors when `nil`.
  public var threads: Int?

  /// A request.
  public init(
    pool: String, base: String, suite: String, data: [NamedPath], head: String,
    adaptation: NullMerges.Adaptation = NullMerges.Adaptation()
  ) {
    self.pool = pool
    self.base = base
    self.suite = suite
    self.data = data
    self.head = head
    self.adaptation = adaptation
  }

  /// Makes what is missing.
  ///
  /// - Throws: `NullPoolError` when base, heads, images, suite or settings are not the pool's;
  ///   `TrainingError`; what reading models, images and heads throws.
  public func run(_ examiner: Examiner) throws -> NullPoolResult {
    let inputs = OpenedInputs(examiner)
    let folder = try inputs.model(base)
    let merging = try NullMerging(
      place: NullPoolFolder(path: pool), base: folder,
      images: TaskImages.open(data, for: folder), heads: HeadFile(path: head),
      suite: inputs.suite(suite), adaptation: adaptation, threads: threads, examiner: examiner)
    return NullPoolResult(path: merging.place.path, pool: try merging.run(count: count))
  }
}
