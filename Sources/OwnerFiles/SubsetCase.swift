import Diagnostics
import ExactTests

/// Where losses on a pool come from.
public struct PoolAnswers: Codable, Sendable, Hashable {
  /// How they were had.
  public enum Form: String, Codable, Sendable, Hashable {
    /// The model was run.
    case weights
    /// A file of losses was read.
    case losses
  }

  /// Whose they are.
  public let name: String
  /// How they were had.
  public let form: Form
  /// The model's digest, or the file's.
  public let digest: Digest
  /// A loss for each item, in the pool's order.
  public let losses: [Double]

  /// Answers of a suspect, a reference model or a victim.
  public init(name: String, form: Form, digest: Digest, losses: [Double]) {
    self.name = name
    self.form = form
    self.digest = digest
    self.losses = losses
  }
}

/// A suspect that could not be examined, which keeps nobody from examining the others.
public struct UnexaminedSuspect: Codable, Sendable, Hashable {
  /// The suspect.
  public let name: String
  /// Why.
  public let reason: String

  /// A suspect and why it was left out.
  public init(name: String, reason: String) {
    self.name = name
    self.reason = reason
  }
}

/// `subset-case.json`: tests of a secret subset with everything that they were computed from.
///
/// It reveals the subset and its key, so it is for the day on which they are revealed.
public struct SubsetCase: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.subset-case/1"
  /// A victim that is found less often than this tells too little about a suspect that is not found.
  public static let leastPower = 0.5

  /// What the test says of one suspect.
  public struct Suspect: Codable, Sendable, Hashable {
    /// Its answers.
    public let answers: PoolAnswers
    /// The permutation test.
    public let outcome: SubsetOutcome
    /// The same with its assumption.
    public let result: ExactTestResult
  }

  /// What the test says of the victim itself: what the split is worth.
  public struct Power: Codable, Sendable, Hashable {
    /// The victim's answers.
    public let answers: PoolAnswers
    /// z of the victim.
    public let z: Double
    /// The chance that a copy that keeps all of z has p at most the level.
    public let ofFullCopy: Double
    /// The same for a copy that keeps half of z.
    public let ofHalfCopy: Double
    /// About how many items a pool needs so that half of z is found nine times of ten; `nil` where z is noise.
    public let itemsForHalf: Int?

    private enum CodingKeys: String, CodingKey {
      case answers, z
      case ofFullCopy = "power_of_full_copy"
      case ofHalfCopy = "power_of_half_copy"
      case itemsForHalf = "items_for_half_copy"
    }
  }

  /// The schema of the file.
  public let schema: String
  /// Who made it.
  public let tool: String
  /// The command.
  public let command: String
  /// The subset, its key included.
  public let subset: SubsetSecret
  /// SHA-256 of the file of the subset, to which a commitment binds.
  public let subsetFile: Digest
  /// The zero-shot heads that models were judged by.
  public let head: Digest?
  /// A model that never saw the secret, whose losses are taken from the suspects'.
  public let reference: PoolAnswers?
  /// What is summed.
  public let score: SecretSubset.Score
  /// Random memberships, where they cannot be counted.
  public let draws: Int
  /// What they are drawn from.
  public let seed: UInt64
  /// From p-values to words.
  public let rule: ExactVerdictRule
  /// The victim, if it was named.
  public let power: Power?
  /// The suspects in order.
  public let suspects: [Suspect]
  /// One for each suspect.
  public let verdicts: [ExactVerdict]
  /// Those that could not be examined.
  public let unexamined: [UnexaminedSuspect]

  private enum CodingKeys: String, CodingKey {
    case schema, tool, command, subset, head, reference, score, draws, seed, rule, power, suspects
    case verdicts, unexamined
    case subsetFile = "subset_sha256"
  }

  /// What a case is computed from.
  public struct Inputs: Sendable {
    /// The subset.
    public var subset: SubsetSecret
    /// SHA-256 of its file.
    public var subsetFile: Digest
    /// The heads.
    public var head: Digest?
    /// The reference model.
    public var reference: PoolAnswers?
    /// What is summed.
    public var score: SecretSubset.Score
    /// Random memberships.
    public var draws: Int
    /// What they are drawn from.
    public var seed: UInt64
    /// From p-values to words.
    public var rule: ExactVerdictRule
    /// The victim.
    public var victim: PoolAnswers?
    /// The suspects.
    public var suspects: [PoolAnswers]
    /// Those that could not be examined.
    public var unexamined: [UnexaminedSuspect]

    /// Inputs by parts.
    public init(
      subset: SubsetSecret, subsetFile: Digest, head: Digest?, reference: PoolAnswers?,
      score: SecretSubset.Score, draws: Int, seed: UInt64, rule: ExactVerdictRule,
      victim: PoolAnswers?, suspects: [PoolAnswers], unexamined: [UnexaminedSuspect] = []
    ) {
      self.subset = subset
      self.subsetFile = subsetFile
      self.head = head
      self.reference = reference
      self.score = score
      self.draws = draws
      self.seed = seed
      self.rule = rule
      self.victim = victim
      self.suspects = suspects
      self.unexamined = unexamined
    }
  }

  /// Tests all suspects.
  ///
  /// - Throws: `ExactTestError`.
  public init(_ inputs: Inputs, tool: String, command: String) throws {
    schema = Self.schema
    self.tool = tool
    self.command = command
    subset = inputs.subset
    subsetFile = inputs.subsetFile
    head = inputs.head
    reference = inputs.reference
    score = inputs.score
    draws = inputs.draws
    seed = inputs.seed
    rule = inputs.rule
    unexamined = inputs.unexamined
    power = try inputs.victim.map { try Self.power(of: $0, inputs) }
    var suspects: [Suspect] = []
    for answers in inputs.suspects {
      let outcome = try Self.prepared(answers, inputs).outcome(
        draws: inputs.draws, seed: inputs.seed)
      suspects.append(
        Suspect(
          answers: answers, outcome: outcome, result: try outcome.result(level: inputs.rule.level)))
    }
    self.suspects = suspects
    let couldNotTell = power.map { $0.ofFullCopy < Self.leastPower } ?? false
    verdicts = try inputs.rule.verdicts(
      suspects.map {
        try ExpertEvidence(
          expert: $0.answers.name, victim: inputs.subset.task, tests: [$0.result],
          screening: couldNotTell ? .couldNotTell : nil)
      })
  }

  private static func prepared(_ answers: PoolAnswers, _ inputs: Inputs) throws -> SecretSubset {
    let losses =
      try inputs.reference.map {
        try SecretSubset.losses(answers.losses, lessThoseOf: $0.losses)
      } ?? answers.losses
    return try SecretSubset(
      losses, used: inputs.subset.used, classes: inputs.subset.classes, score: inputs.score)
  }

  private static func power(of answers: PoolAnswers, _ inputs: Inputs) throws -> Power {
    let (z, level) = (try prepared(answers, inputs).z, inputs.rule.level)
    return Power(
      answers: answers, z: z, ofFullCopy: SubsetPower.power(z: z, level: level),
      ofHalfCopy: SubsetPower.power(z: z / 2, level: level),
      itemsForHalf: SubsetPower.imagesNeeded(
        images: inputs.subset.items.count, z: z / 2, level: level))
  }

  /// Checks the subset that is inside.
  public func validate(file: String) throws { try subset.validate(file: file) }

  /// The same case computed again from its inputs.
  ///
  /// - Throws: `ExactTestError` when the inputs contradict each other.
  public func recomputed() throws -> SubsetCase {
    try SubsetCase(
      Inputs(
        subset: subset, subsetFile: subsetFile, head: head, reference: reference, score: score,
        draws: draws, seed: seed, rule: rule, victim: power?.answers,
        suspects: suspects.map(\.answers), unexamined: unexamined),
      tool: tool, command: command)
  }
}
