import Diagnostics
import ExactTests
import OwnerFiles

/// Whether suspects know the items of a secret subset better than the rest of the pool.
///
/// Suspects are models, which are run over the pool and judged by a zero-shot head, or files of losses that anybody's
/// program gave.
public struct SubsetTestRequest: ExaminationRequest {
  /// Secret, heads and pool.
  public var settings: PoolSettings
  /// The models or files under examination, by names that differ.
  public var suspects: [NamedPath]
  /// A model, or a file, that never saw the secret: its losses are taken from the suspects'.
  public var reference: NamedPath?
  /// The victim, to say how likely a copy would be found.
  public var victim: NamedPath?
  /// What is summed.
  public var score: SecretSubset.Score = .values
  /// Random memberships, where they cannot be counted.
  public var draws = SecretSubset.leastDraws
  /// What they are drawn from; from the system when `nil`.
  public var seed: UInt64?
  /// From p-values to words.
  public var rule: ExactVerdictRule
  /// The case to write.
  public var output: OutputPlace?

  /// A request.
  public init(settings: PoolSettings, suspects: [NamedPath], rule: ExactVerdictRule) {
    self.settings = settings
    self.suspects = suspects
    self.rule = rule
  }

  /// Tests all suspects.
  ///
  /// - Throws: ``OwnerRequestError``, `OwnerFileError`, `ExactTestError`; what running a model throws.
  public func run(_ examiner: Examiner) throws -> SubsetCase {
    let answering = try PoolAnswering(settings, examiner)
    let usesHead = (suspects + [reference, victim].compactMap(\.self))
      .contains { !LossFile.isNamed(by: $0.path) }
    var answers: [PoolAnswers] = []
    let unexamined = try examiner.examiningEach(suspects) {
      answers.append(try answering.answers($0))
    }
    let result = try SubsetCase(
      SubsetCase.Inputs(
        subset: answering.subset, subsetFile: answering.subsetFile,
        head: usesHead ? answering.heads?.digest() : nil,
        reference: reference.map { try answering.answers($0) }, score: score, draws: draws,
        seed: seed ?? SystemSeed.drawShort(), rule: rule,
        victim: victim.map { try answering.answers($0) },
        suspects: answers, unexamined: unexamined),
      tool: examiner.tool, command: examiner.command)
    if let output { try DocumentFile.write(result, to: output, isPrivate: true) }
    return result
  }
}

extension Examiner {
  /// Examines one suspect after another; one that fails is warned about and left out.
  ///
  /// - Returns: those that were left out.
  /// - Throws: the first error if all of them fail; any error that says nothing of the suspect.
  func examiningEach(
    _ suspects: [NamedPath], _ body: (NamedPath) throws -> Void
  ) throws -> [UnexaminedSuspect] {
    var unexamined: [UnexaminedSuspect] = []
    var first: (any DiagnosableError)?
    for suspect in suspects {
      do {
        try body(suspect)
      } catch let error as any DiagnosableError {
        first = first ?? error
        unexamined.append(UnexaminedSuspect(name: suspect.name, reason: error.description))
      }
    }
    if let first, unexamined.count == suspects.count { throw first }
    for suspect in unexamined { warn("\(suspect.name) was not examined: \(suspect.reason)") }
    return unexamined
  }
}

/// What a subset test says, without the secret.
public struct SubsetTestReport: Encodable, Sendable {
  /// One suspect.
  public struct Suspect: Encodable, Sendable {
    /// The suspect.
    public let name: String
    /// How its losses were had.
    public let form: PoolAnswers.Form
    /// The model's digest, or the file's.
    public let digest: Digest
    /// The permutation test.
    public let outcome: SubsetOutcome
    /// The same with its assumption.
    public let result: ExactTestResult
  }

  /// The victim itself.
  public struct Power: Encodable, Sendable {
    /// z of the victim.
    public let z: Double
    /// The chance that a full copy is found.
    public let ofFullCopy: Double
    /// The chance that a copy that keeps half of z is found.
    public let ofHalfCopy: Double

    enum CodingKeys: String, CodingKey {
      case z
      case ofFullCopy = "power_of_full_copy"
      case ofHalfCopy = "power_of_half_copy"
    }
  }

  /// The schema of the JSON.
  public let schema = "routemark.subset-test/1"
  /// The digest of the pool.
  public let pool: Digest
  /// SHA-256 of the secret's file.
  public let subsetFile: Digest
  /// N.
  public let itemCount: Int
  /// n.
  public let usedCount: Int
  /// What is summed.
  public let score: SecretSubset.Score
  /// What could be found; `nil` where no victim was named.
  public let power: Power?
  /// The suspects in order.
  public let suspects: [Suspect]
  /// One for each suspect.
  public let verdicts: [ExactVerdict]
  /// Those that could not be examined.
  public let unexamined: [UnexaminedSuspect]

  enum CodingKeys: String, CodingKey {
    case schema, pool, score, power, suspects, verdicts, unexamined
    case subsetFile = "subset_sha256"
    case itemCount = "items"
    case usedCount = "used_items"
  }

  /// The part of a case that reveals nothing.
  public init(_ result: SubsetCase) {
    pool = result.subset.pool
    subsetFile = result.subsetFile
    itemCount = result.subset.items.count
    usedCount = result.subset.used.count { $0 }
    score = result.score
    power = result.power.map {
      Power(z: $0.z, ofFullCopy: $0.ofFullCopy, ofHalfCopy: $0.ofHalfCopy)
    }
    suspects = result.suspects.map {
      Suspect(
        name: $0.answers.name, form: $0.answers.form, digest: $0.answers.digest,
        outcome: $0.outcome, result: $0.result)
    }
    verdicts = result.verdicts
    unexamined = result.unexamined
  }
}

/// What a secret subset is worth, before anything is released.
public struct SubsetPowerRequest: ExaminationRequest {
  /// Secret, heads and pool.
  public var settings: PoolSettings
  /// The victim that was trained on the used items.
  public var victim: NamedPath
  /// A model that never saw the secret.
  public var reference: NamedPath?
  /// What is summed.
  public var score: SecretSubset.Score = .values
  /// The level at which a copy counts as found.
  public var rule: ExactVerdictRule

  /// A request.
  public init(settings: PoolSettings, victim: NamedPath, rule: ExactVerdictRule) {
    self.settings = settings
    self.victim = victim
    self.rule = rule
  }

  /// z of the victim and what follows.
  ///
  /// - Throws: as ``SubsetTestRequest/run(_:)``.
  public func run(_ examiner: Examiner) throws -> SubsetPowerReport {
    let answering = try PoolAnswering(settings, examiner)
    let own = try answering.answers(victim).losses
    let losses =
      try reference.map {
        try SecretSubset.losses(own, lessThoseOf: answering.answers($0).losses)
      } ?? own
    let test = try SecretSubset(
      losses, used: answering.subset.used, classes: answering.subset.classes, score: score)
    return SubsetPowerReport(test, level: rule.level)
  }
}

/// What a secret subset is worth.
public struct SubsetPowerReport: Encodable, Sendable {
  /// How often a copy is found that keeps a share of the victim's z.
  public struct Row: Encodable, Sendable {
    /// The share of z.
    public let share: Double
    /// The chance that p is at most the level.
    public let power: Double
    /// About how many items a pool needs so that the chance is 90 %; `nil` where z is noise.
    public let itemsNeeded: Int?

    enum CodingKeys: String, CodingKey {
      case share, power
      case itemsNeeded = "items_needed"
    }
  }

  /// The schema of the JSON.
  public let schema = "routemark.subset-power/1"
  /// z of the victim itself.
  public let z: Double
  /// N.
  public let itemCount: Int
  /// n.
  public let usedCount: Int
  /// The level of p.
  public let level: Double
  /// From a full copy to one that keeps a tenth.
  public let rows: [Row]

  enum CodingKeys: String, CodingKey {
    case schema, z, level, rows
    case itemCount = "items"
    case usedCount = "used_items"
  }

  init(_ test: SecretSubset, level: Double) {
    z = test.z
    itemCount = test.imageCount
    usedCount = test.usedCount
    self.level = level
    rows = [1, 0.75, 0.5, 0.25, 0.1].map { share in
      Row(
        share: share, power: SubsetPower.power(z: test.z * share, level: level),
        itemsNeeded: SubsetPower.imagesNeeded(
          images: test.imageCount, z: test.z * share, level: level))
    }
  }
}
