import Diagnostics
import ExactTests

/// `mark-case.json`: tests of a keyed mark with the sums that they were computed from.
///
/// It reveals nothing of the key but its digest.
public struct MarkCase: OwnerDocument {
  /// The schema.
  public static let schema = "routemark.mark-case/1"

  /// Weights whose cosine with the reference's is below this are in other coordinates: every model that was trained
  /// from the base, pruned and rounded ones included, is far above.
  public static let leastSimilarity = 0.5

  /// What one key says about one suspect expert.
  public struct Reading: Codable, Sendable, Hashable {
    /// Whose copy the key marks; `nil` for the key without a licensee.
    public let licensee: String?
    /// The sums that z is computed from.
    public let sums: KeyedMark
    /// z and p with their assumption.
    public let result: ExactTestResult

    /// A reading of finished sums.
    ///
    /// - Throws: `ExactTestError` never for finite sums.
    public init(licensee: String?, sums: KeyedMark) throws {
      self.licensee = licensee
      self.sums = sums
      result = try sums.result()
    }
  }

  /// How a suspect expert was made comparable with the reference.
  public struct Comparison: Codable, Sendable, Hashable {
    /// The share of hidden units that were in other places.
    public let movedUnitShare: Double
    /// Whether weights at 0 were left out.
    public let isMasked: Bool
    /// The bits of the grid that the suspect lies on.
    public let gridBits: Int?
    /// The share of the reference's task vector that the suspect has, if the base was named.
    public let coefficient: Double?
    /// Weights that are equal to the unmarked reference's.
    public let equalCount: Int
    /// The cosine of the compared weights with the reference's.
    public let similarity: Double

    private enum CodingKeys: String, CodingKey {
      case coefficient, similarity
      case movedUnitShare = "moved_unit_share"
      case isMasked = "masked"
      case gridBits = "grid_bits"
      case equalCount = "equal"
    }

    /// A comparison by parts.
    public init(
      movedUnitShare: Double, isMasked: Bool, gridBits: Int?, coefficient: Double?,
      equalCount: Int, similarity: Double
    ) {
      self.movedUnitShare = movedUnitShare
      self.isMasked = isMasked
      self.gridBits = gridBits
      self.coefficient = coefficient
      self.equalCount = equalCount
      self.similarity = similarity
    }
  }

  /// One expert of a suspect.
  public struct Expert: Codable, Sendable, Hashable {
    /// The suspect's name, and the expert's where there are several.
    public let name: String
    /// The suspect's digest.
    public let model: Digest
    /// How it was made comparable.
    public let comparison: Comparison
    /// One for each licensee.
    public let readings: [Reading]

    private enum CodingKeys: String, CodingKey {
      case name, comparison, readings
      case model = "model_sha256"
    }

    /// An expert by parts.
    public init(name: String, model: Digest, comparison: Comparison, readings: [Reading]) {
      self.name = name
      self.model = model
      self.comparison = comparison
      self.readings = readings
    }

    /// Whether all compared weights are those of the unmarked reference.
    public var isReference: Bool {
      comparison.equalCount > 0
        && readings.allSatisfy { $0.sums.comparedCount == comparison.equalCount }
    }
  }

  /// The schema of the file.
  public let schema: String
  /// Who made it.
  public let tool: String
  /// The command.
  public let command: String
  /// The digest of the key's file, to which a commitment binds by a salted hash.
  public let key: Digest
  /// Which weights were compared.
  public let scope: String
  /// The unmarked weights.
  public let reference: Digest
  /// The base, if it was named.
  public let base: Digest?
  /// From p-values to words.
  public let rule: ExactVerdictRule
  /// All suspects' experts in order.
  public let experts: [Expert]
  /// One for each expert and licensee, adjusted over all of them.
  public let verdicts: [ExactVerdict]
  /// Suspects that could not be examined.
  public let unexamined: [UnexaminedSuspect]

  private enum CodingKeys: String, CodingKey {
    case schema, tool, command, scope, rule, experts, verdicts, unexamined
    case key = "key_file_sha256"
    case reference = "reference_sha256"
    case base = "base_sha256"
  }

  /// Comes to verdicts.
  ///
  /// - Throws: `ExactTestError`.
  public init(
    key: Digest, scope: String, reference: Digest, base: Digest?, rule: ExactVerdictRule,
    experts: [Expert], unexamined: [UnexaminedSuspect], tool: String, command: String
  ) throws {
    schema = Self.schema
    self.tool = tool
    self.command = command
    self.key = key
    self.scope = scope
    self.reference = reference
    self.base = base
    self.rule = rule
    self.experts = experts
    self.unexamined = unexamined
    verdicts = try rule.verdicts(
      experts.flatMap { expert in
        try expert.readings.map { reading in
          try ExpertEvidence(
            expert: expert.name, victim: reading.licensee.map { "the copy for \($0)" },
            tests: [reading.result],
            identical: expert.isReference
              ? try ExpertEvidence.IdenticalWeights(
                source: "the unmarked reference", equalCount: expert.comparison.equalCount)
              : nil,
            refusals: expert.comparison.similarity < Self.leastSimilarity
              ? [.incomparableCoordinates] : [])
        }
      })
  }

  /// Nothing can contradict that ``recomputed()`` does not find.
  public func validate(file: String) throws {}

  /// The same case computed again from its sums.
  ///
  /// - Throws: `ExactTestError`.
  public func recomputed() throws -> MarkCase {
    try MarkCase(
      key: key, scope: scope, reference: reference, base: base, rule: rule,
      experts: try experts.map { expert in
        Expert(
          name: expert.name, model: expert.model, comparison: expert.comparison,
          readings: try expert.readings.map {
            try Reading(licensee: $0.licensee, sums: $0.sums)
          })
      }, unexamined: unexamined, tool: tool, command: command)
  }
}
