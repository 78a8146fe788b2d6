import Diagnostics
import RoutingFingerprints

/// A comparison of two models site by site, with everything it was computed from.
///
/// A third party can recompute all of it with ``discrepancies()``, without either model.
public struct SiteCase: Sendable, Equatable {
  /// The schema this version writes and reads.
  public static let schema = "routemark.site-case/1"

  /// Where the case comes from.
  public struct Provenance: Sendable, Equatable, Codable {
    /// The program, with its version.
    public let tool: String
    /// The command line, or whatever asked for the case.
    public let command: String
    /// When, as text given by the caller.
    public let date: String?
    /// What the user called the victim.
    public let victim: String
    /// What the user called the suspect.
    public let suspect: String

    /// Says where a case comes from.
    public init(tool: String, command: String, date: String?, victim: String, suspect: String) {
      self.tool = tool
      self.command = command
      self.date = date
      self.victim = victim
      self.suspect = suspect
    }
  }

  /// The reference, as it was given.
  public let victim: SiteFingerprint
  /// The model under examination, as it was given.
  public let suspect: SiteFingerprint
  /// The thresholds of the verdict.
  public let thresholds: AttributionThresholds
  /// What was compared.
  public let comparison: SiteComparison
  /// What it says.
  public let verdict: SiteVerdict
  /// What a reader should know before the verdict.
  public let notes: [String]
  /// What the method cannot tell.
  public let limits: [String]
  /// Where the case comes from.
  public let provenance: Provenance

  /// Compares a suspect with a victim.
  ///
  /// - Throws: ``AttributionError/suitesDiffer(victim:suspect:)``,
  ///   ``AttributionError/tasksDiffer(onlyVictim:onlySuspect:)``,
  ///   ``AttributionError/countsDiffer(task:victim:suspect:)``,
  ///   ``AttributionError/layerCountsDiffer(victim:suspect:)``,
  ///   ``AttributionError/siteSignalsDiffer(victim:suspect:)``.
  public init(
    victim: SiteFingerprint, suspect: SiteFingerprint,
    thresholds: AttributionThresholds = .standard, provenance: Provenance
  ) throws(AttributionError) {
    try Self.requireComparable(victim, suspect)
    self.victim = victim
    self.suspect = suspect
    self.thresholds = thresholds
    self.provenance = provenance
    let aligned = suspect.reordered(tasks: victim.tasks)
    comparison = SiteComparison(victim: victim, suspect: aligned)
    verdict = SiteVerdict(
      victim: victim, suspect: aligned, comparison: comparison, thresholds: thresholds)
    notes = Self.notes(victim, suspect, comparison)
    limits = AttributionCase.standardLimits
  }

  /// The values that do not follow from the fingerprints and thresholds.
  ///
  /// - Throws: what ``init(victim:suspect:thresholds:provenance:)`` throws; `EncodingError`.
  public func discrepancies() throws -> [Discrepancy] {
    let expected = try SiteCase(
      victim: victim, suspect: suspect, thresholds: thresholds, provenance: provenance)
    var list = DiscrepancyList()
    try list.compareLeaves("comparison", comparison, expected.comparison)
    list.compareExactly("verdict", verdict, expected.verdict)
    list.compareExactly("notes", notes, expected.notes)
    list.compareExactly("limits", limits, expected.limits)
    return list.discrepancies
  }

  private static func requireComparable(
    _ victim: SiteFingerprint, _ suspect: SiteFingerprint
  ) throws(AttributionError) {
    let (own, other) = (Set(victim.tasks), Set(suspect.tasks))
    guard own == other else {
      throw .tasksDiffer(
        onlyVictim: victim.tasks.filter { !other.contains($0) },
        onlySuspect: suspect.tasks.filter { !own.contains($0) })
    }
    guard victim.suiteDigest == suspect.suiteDigest else {
      throw .suitesDiffer(victim: victim.suiteDigest, suspect: suspect.suiteDigest)
    }
    let counts = Dictionary(uniqueKeysWithValues: zip(suspect.tasks, suspect.counts))
    for (task, count) in zip(victim.tasks, victim.counts) where counts[task] != count {
      throw .countsDiffer(task: task, victim: count, suspect: counts[task] ?? 0)
    }
    guard victim.sites.count == suspect.sites.count else {
      throw .layerCountsDiffer(victim: victim.sites.count, suspect: suspect.sites.count)
    }
    guard victim.signal.compares(with: suspect.signal) else {
      throw .siteSignalsDiffer(victim: victim.signal, suspect: suspect.signal)
    }
  }

  private static func notes(
    _ victim: SiteFingerprint, _ suspect: SiteFingerprint, _ comparison: SiteComparison
  ) -> [String] {
    var notes: [String] = []
    for (role, fingerprint) in [("victim", victim), ("suspect", suspect)] {
      if let objection = SiteObjection(fingerprint) {
        notes.append("of the \(role): \(objection.explanation)")
      }
      if fingerprint.routerOrigin == .weights {
        notes.append(
          "the \(role)'s router is a function of its experts' weights: what it says, the weights say"
        )
      }
      let nulls = fingerprint.sites.reduce(0) { $0 + $1.nullCount }
      if nulls > 0 {
        notes.append(
          "\(nulls) columns of the \(role) do nothing, and were left out before centring")
      }
    }
    if !comparison.repeatedSites.isEmpty {
      let (first, count) = (comparison.repeatedSites[0], comparison.repeatedSites.count)
      notes.append(
        "\(count) sites, the first of them `\(victim.sites[first].name)`, say in both models what an "
          + "earlier site says, and were counted once")
    }
    if victim.slots != suspect.slots {
      notes.append(
        "one model's columns are the same experts at all sites, the other's are not: "
          + "experts were matched site by site")
    }
    if comparison.withoutCounterpart > 0 {
      notes.append(
        "\(comparison.withoutCounterpart) suspect experts occur at sites where no victim expert does"
      )
    }
    if let own = victim.modelDigest, own == suspect.modelDigest {
      notes.append("victim and suspect are the same model: both have the digest \(own)")
    }
    if let own = victim.preprocessingDigest, let other = suspect.preprocessingDigest, own != other {
      notes.append(
        "victim and suspect read the probes by different tokenizers or preprocessing: a part of what "
          + "differs is that")
    }
    return notes
  }
}

extension SiteCase: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, victim, suspect, thresholds, comparison, verdict, notes, limits, provenance
  }

  /// Reads a case; whether its numbers follow is not checked here.
  ///
  /// - Throws: ``AttributionError/unknownSchema(expected:actual:)``; what the fingerprints throw.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw AttributionError.unknownSchema(expected: Self.schema, actual: schema)
    }
    victim = try container.decode(SiteFingerprint.self, forKey: .victim)
    suspect = try container.decode(SiteFingerprint.self, forKey: .suspect)
    thresholds = try container.decode(AttributionThresholds.self, forKey: .thresholds)
    comparison = try container.decode(SiteComparison.self, forKey: .comparison)
    verdict = try container.decode(SiteVerdict.self, forKey: .verdict)
    notes = try container.decode([String].self, forKey: .notes)
    limits = try container.decode([String].self, forKey: .limits)
    provenance = try container.decode(Provenance.self, forKey: .provenance)
    try Self.requireComparable(victim, suspect)
  }

  /// Writes the case.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Self.schema, forKey: .schema)
    try container.encode(victim, forKey: .victim)
    try container.encode(suspect, forKey: .suspect)
    try container.encode(thresholds, forKey: .thresholds)
    try container.encode(comparison, forKey: .comparison)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(notes, forKey: .notes)
    try container.encode(limits, forKey: .limits)
    try container.encode(provenance, forKey: .provenance)
  }
}
