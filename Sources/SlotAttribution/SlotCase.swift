import Diagnostics
import ExactTests

/// An examination of a mixture's slots as a case: what it rests on, and what follows.
///
/// Everything in ``findings`` follows from ``evidence`` and ``thresholds``; ``discrepancies()`` recomputes it.
public struct SlotCase: Sendable, Hashable {
  /// The schema that this version writes.
  public static let schema = "routemark.slot-case/1"

  /// Where a case comes from; stated by its author, not checked.
  public struct Provenance: Sendable, Hashable, Codable {
    /// Name and version of the program.
    public let toolVersion: String
    /// How the examination was asked for.
    public let command: String
    /// The model under examination.
    public let suspect: String
    /// The base model.
    public let base: String
    /// The seed of the probes, drawn by the system unless it was given.
    public let seed: UInt64
    /// Probes of a layer.
    public let probes: Int
    /// Layers that were measured beyond digests.
    public let layers: [Int]
    /// What the routers of the suspect say by themselves.
    public let router: String?
    /// Candidates that could not be compared, and why.
    public let refused: [String]

    private enum CodingKeys: String, CodingKey {
      case command, suspect, base, seed, probes, layers, router, refused
      case toolVersion = "tool_version"
    }

    /// Where a case comes from.
    public init(
      toolVersion: String, command: String, suspect: String, base: String, seed: UInt64,
      probes: Int, layers: [Int], router: String?, refused: [String]
    ) {
      self.toolVersion = toolVersion
      self.command = command
      self.suspect = suspect
      self.base = base
      self.seed = seed
      self.probes = probes
      self.layers = layers
      self.router = router
      self.refused = refused
    }
  }

  /// Where it comes from.
  public let provenance: Provenance
  /// What it rests on.
  public let evidence: SlotEvidence
  /// The thresholds of screening.
  public let thresholds: SlotThresholds
  /// A finding a slot.
  public let findings: [SlotFinding]
  /// A finding a victim.
  public let victims: [VictimFinding]
  /// The limits that the case states.
  let statedLimits: [String]

  /// Forms the findings.
  ///
  /// - Throws: `ExactTestError` for re-runs that are no re-runs, such as one run given twice.
  public init(
    provenance: Provenance, evidence: SlotEvidence, thresholds: SlotThresholds? = nil
  ) throws(ExactTestError) {
    let others = evidence.candidates.count { $0.role == .other }
    let thresholds = thresholds ?? .standard(others: others)
    self.provenance = provenance
    self.evidence = evidence
    self.thresholds = thresholds
    statedLimits = Self.limits
    (findings, victims) = try SlotRule(evidence, thresholds).findings()
  }

  /// What the method cannot tell.
  public static let limits = [
    "Likeness of responses is screening: it does not say how rarely independent work comes as close. "
      + "The word reuse needs an exact test, for which re-runs of the victim's own recipe are given.",
    "Weights that were trained from scratch on a model's answers are not found by their weights.",
  ]

  /// Values that do not follow from the evidence, by path.
  ///
  /// - Throws: `ExactTestError`.
  public func discrepancies() throws -> [(path: String, stored: String, recomputed: String)] {
    let again = try SlotCase(provenance: provenance, evidence: evidence, thresholds: thresholds)
    var differences: [(path: String, stored: String, recomputed: String)] = []
    let others = evidence.candidates.count { $0.role == .other }
    func compare(_ path: String, _ stored: some Equatable, _ recomputed: some Equatable) {
      let (first, second) = ("\(stored)", "\(recomputed)")
      if first != second { differences.append((path, first, second)) }
    }
    // Whoever could choose thresholds and limits could choose what is read.
    compare("thresholds", thresholds, SlotThresholds.standard(others: others))
    compare("limits", statedLimits, Self.limits)
    compare("findings.count", findings.count, again.findings.count)
    for (place, pair) in zip(findings, again.findings).enumerated() {
      compare("findings[\(place)]", pair.0, pair.1)
    }
    compare("victims.count", victims.count, again.victims.count)
    for (place, pair) in zip(victims, again.victims).enumerated() {
      compare("victims[\(place)]", pair.0, pair.1)
    }
    return differences
  }
}

extension SlotCase: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, provenance, evidence, thresholds, findings, victims, limits
  }

  /// Reads a case as it stands, without forming findings anew.
  ///
  /// - Throws: ``SlotAttributionError``, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else { throw SlotAttributionError.unknownSchema(actual: schema) }
    provenance = try container.decode(Provenance.self, forKey: .provenance)
    evidence = try container.decode(SlotEvidence.self, forKey: .evidence)
    thresholds = try container.decode(SlotThresholds.self, forKey: .thresholds)
    findings = try container.decode([SlotFinding].self, forKey: .findings)
    victims = try container.decode([VictimFinding].self, forKey: .victims)
    statedLimits = try container.decode([String].self, forKey: .limits)
  }

  /// Writes the form that ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(provenance, forKey: .provenance)
    try container.encode(evidence, forKey: .evidence)
    try container.encode(thresholds, forKey: .thresholds)
    try container.encode(findings, forKey: .findings)
    try container.encode(victims, forKey: .victims)
    try container.encode(Self.limits, forKey: .limits)
  }
}
