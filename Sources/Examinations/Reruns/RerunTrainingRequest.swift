import Calibration
import Checkpoints
import Diagnostics
import Documents
import ExactTests
import Files
import ModelMerging
import Probes
import Tensors
import Training

/// Trains an expert's recipe again with fresh seeds.
///
/// The recipe is read from the expert's own record; base, images and heads are checked against it by
/// digest. Seeds are drawn from the system, or given by an examiner. A request that was stopped, or asks
/// for more, goes on: finished runs stay.
public struct RerunTrainingRequest: ExaminationRequest {
  /// How many runs are made.
  public enum Extent: Sendable {
    /// So many.
    case count(Int)
    /// Until the question is decided for a suspect, by the sequential test of Besag and Clifford.
    ///
    /// `fixed` runs come first; they span what is projected out of all others and are not ranked.
    case untilDecided(
      suspect: String, suite: String, exceedancesToStop: Int = 5, maximumCount: Int = 99,
      fixed: Int = 2)
  }

  /// The expert whose recipe is repeated.
  public var expert: String
  /// The tower it was trained from.
  public var base: String
  /// Its task with labelled images.
  public var data: NamedPath
  /// The file of zero-shot heads.
  public var head: String
  /// The model it learned from, if it did.
  public var teacher: String?
  /// How many runs are made.
  public var extent: Extent
  /// Seeds that an examiner gives, the first ones first; drawn from the system where it is empty.
  public var seeds: [UInt64] = []
  /// Steps between saved states.
  public var checkpointEvery = 100
  /// Threads, on which results do not depend; as many as there are processors when `nil`.
  public var threads: Int?
  /// The folder of the set.
  public var output: String

  /// A request.
  public init(
    expert: String, base: String, data: NamedPath, head: String, extent: Extent, output: String
  ) {
    self.expert = expert
    self.base = base
    self.data = data
    self.head = head
    self.extent = extent
    self.output = output
  }

  /// Trains what is missing.
  ///
  /// - Throws: ``RerunError``, ``TrainingInputError``, `TrainingError`; what reading models, images and
  ///   heads throws.
  public func run(_ examiner: Examiner) throws -> RerunResult {
    let inputs = OpenedInputs(examiner)
    let expert = try inputs.model(self.expert)
    let base = try inputs.model(self.base)
    let heads = try HeadFile(path: head)
    let images = try TaskImages.open([data], for: base)
    let teacher = try self.teacher.map { try inputs.model($0) }
    let record = try TrainingRecord.only(of: expert, after: base)
    try record.require(
      base: base.digest(), head: heads.digest(), images: images[0], teacher: teacher?.digest(),
      model: expert.path)
    let place = RerunFolder(path: output)
    var stated = RerunSet(
      schema: RerunSet.schema, victim: try expert.digest(), base: try base.digest(),
      task: data.name, recipe: try record.withoutSeed(),
      hasPopularSeed: SecretSeed.isPopular(record.seed), sequential: nil, runs: [])
    if stated.hasPopularSeed {
      examiner.warn(
        "the seed of \(expert.path) is \(record.seed), which many people use: it was no secret, and no "
          + "verdict can rest on these re-runs")
    }
    let decision = try sequentialDecision(inputs, victim: expert, base: base)
    stated.sequential = decision?.plan
    var set = try begun(stated, in: place)
    let training = try ExpertTraining(base: base, heads: heads, tasks: images)
    let elementType = try ModelElementType(of: expert)
    let total =
      switch extent {
      case .count(let count): count
      case .untilDecided(_, _, _, let maximum, let fixed): maximum + fixed
      }
    var progress = try decision?.state(after: set, in: place, examiner)
    while set.runs.count < total, progress?.isDecided != true {
      let index = set.runs.count
      let seed = index < seeds.count ? seeds[index] : unusedSeed(record, set)
      try add(
        seed: seed, index: index, of: total, record, training, images[0], teacher, elementType,
        to: &set, in: place, examiner)
      progress = try decision?.state(after: set, in: place, examiner)
    }
    return RerunResult(path: place.path, set: set, rank: progress)
  }

  /// The set in the folder, which must be of this expert and plan; else an empty one.
  private func begun(_ stated: RerunSet, in place: RerunFolder) throws -> RerunSet {
    guard place.exists else {
      try Folder.make(place.path)
      try place.write(stated)
      return stated
    }
    let known = try place.read()
    let pairs = [
      ("victim", "\(stated.victim)", "\(known.victim)"),
      ("task", stated.task, known.task),
      (
        "recipe", stated.recipe == known.recipe ? "as in the record" : "of the record",
        "\(stated.recipe == known.recipe ? "as in the record" : "another")"
      ),
      (
        "sequential", stated.sequential.map { "\($0)" } ?? "none",
        known.sequential.map { "\($0)" } ?? "none"
      ),
    ]
    for (key, expected, actual) in pairs where expected != actual {
      throw RerunError.otherSet(
        folder: place.path, key: key, expected: expected, actual: actual)
    }
    return known
  }

  private func unusedSeed(_ record: TrainingRecord, _ set: RerunSet) -> UInt64 {
    let used = Set(set.runs.compactMap(\.seed) + [record.seed])
    var seed = SystemSeed.draw()
    while used.contains(seed) { seed = SystemSeed.draw() }
    return seed
  }

  private func add(
    seed: UInt64, index: Int, of total: Int, _ record: TrainingRecord, _ training: ExpertTraining,
    _ images: TaskImages, _ teacher: ModelFolder?, _ elementType: ModelElementType,
    to set: inout RerunSet, in place: RerunFolder, _ examiner: Examiner
  ) throws {
    // The seed is noted before the run: a run that was stopped goes on with the seed it had.
    let name = index < 10 ? "run-0\(index)" : "run-\(index)"
    let note = "\(place.path)/\(name).seed.json"
    let seed = try PendingSeed(file: note, drawing: seed).value
    _ = try training.run(
      ExpertTraining.Job(
        images: images, task: 0, settings: try record.settings(seed: seed, threads: threads),
        schedule: try record.scheduleName(), labelSmoothing: record.labelSmoothing ?? 0,
        teacher: teacher.map { Teacher(folder: $0, pool: WorkerPool(threads: threads)) },
        elementType: elementType, output: "\(place.path)/\(name)"),
      TrainingRun.Handling(interval: checkpointEvery, resumes: true, force: false),
      label: "re-run \(index + 1) of \(total)", examiner: examiner)
    let digest = try ModelFolder(path: "\(place.path)/\(name)").digest()
    if digest == set.victim {
      throw RerunError.sameWeights(path: "\(place.path)/\(name)", as: "the victim")
    }
    if let other = set.runs.first(where: { $0.sha256 == digest }) {
      throw RerunError.sameWeights(path: "\(place.path)/\(name)", as: "the run `\(other.path)`")
    }
    set.runs.append(RerunSet.Run(path: name, seed: seed, sha256: digest))
    try place.write(set)
    try PendingSeed.remove(note)
  }

  private func sequentialDecision(
    _ inputs: OpenedInputs, victim: ModelFolder, base: ModelFolder
  ) throws -> SequentialReruns? {
    guard
      case .untilDecided(
        let suspect, let suite, let exceedances, let maximum, let fixed) = extent
    else { return nil }
    let folder = try inputs.model(suspect, assuming: base.configuration)
    return SequentialReruns(
      victim: victim, base: base, suspect: folder, suite: try inputs.suite(suite),
      task: data.name, compute: ComputeSettings(threads: threads),
      plan: RerunSet.Sequential(
        suspect: try folder.digest(), exceedancesToStop: exceedances, maximumCount: maximum,
        fixedCount: fixed))
  }
}

/// A set of re-runs as a request has left it.
public struct RerunResult: Sendable {
  /// The folder.
  public let path: String
  /// Its manifest.
  public let set: RerunSet
  /// Where the sequential test stands, if there is one.
  public let rank: SequentialRank?
}
