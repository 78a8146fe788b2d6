import Calibration
import Diagnostics
import Documents
import ExactTests
import RoutingFingerprints

/// A whole comparison: both fingerprints, every number in between, and the verdicts.
///
/// A third party can recompute all of it with ``discrepancies()``, without either model.
///
///     let comparison = try AttributionCase(
///       victim: victim, suspect: suspect, victimLabel: "mine", suspectLabel: "theirs",
///       toolVersion: "routemark 0.1.0", commandLine: "routemark attribute ...")
///     comparison.attributions[0].verdict  // matches the routing of scene15
public struct AttributionCase: Sendable, Equatable {
  /// The schema this version writes.
  public static let schema = "routemark.case/2"
  /// The schemas this version reads.
  public static let schemas = ["routemark.case/1", schema]

  /// What no verdict of this method can tell.
  ///
  /// Every report shows it.
  public static let standardLimits = [
    "The method recognises the task an expert was trained for: experts trained independently on "
      + "the same task from the same base look alike.",
    "What is compared is the router: where a router was kept, its rows match although the expert "
      + "beneath one was exchanged, and reused experts under an untrained router go unseen.",
  ]

  /// The reference, as it was given.
  public let victim: ModelFingerprint
  /// The model under examination, as it was given: its tasks may be in another order.
  public let suspect: ModelFingerprint
  /// The thresholds of all verdicts.
  public let thresholds: AttributionThresholds
  /// Similarities of all pairs of experts.
  public let matrix: SimilarityMatrix
  /// One attribution per suspect expert.
  public let attributions: [ExpertAttribution]
  /// What the attributions say about the models as wholes.
  public let summary: AttributionSummary
  /// What the method cannot tell.
  public let limits: [String]
  /// Where the case comes from.
  public let provenance: CaseProvenance
  /// What null experts say; `nil` without a null pool, and in older cases.
  public let calibration: CaseCalibration?
  /// What re-runs of the victim's experts say, by exact tests; `nil` without re-runs.
  public let exact: ExactFindings?
  /// Intervals over probe images; `nil` unless both fingerprints have blocks.
  public let intervals: CaseIntervals?
  /// What a reader should know about the fingerprints; none in version 1.
  public let notes: [String]
  /// The version of the file: whose rules verdicts follow.
  public let version: EvidenceVersion

  /// Compares a suspect with a victim.
  ///
  /// - Parameters:
  ///   - calibration: Null experts, for p-values and calibrated verdicts.
  ///   - exact: What re-runs say.
  ///   - bootstrap: How intervals over probe images are formed, if the fingerprints have blocks.
  ///   - date: When, as text; `nil` leaves it out.
  /// - Throws: what ``TaskAlignment/init(victim:suspect:)`` throws;
  ///   ``AttributionError/inconsistentFingerprint(role:discrepancy:)`` when scores or preferences
  ///   do not follow from the mean logits; `FingerprintError` when a fingerprint is not valid;
  ///   `CalibrationError` when the null experts are not of this suite, these experts or this layout.
  public init(
    victim: ModelFingerprint, suspect: ModelFingerprint,
    thresholds: AttributionThresholds = .standard, calibration: CalibrationInput? = nil,
    exact: ExactFindings? = nil, bootstrap: BootstrapOptions = .standard, victimLabel: String,
    suspectLabel: String,
    toolVersion: String, commandLine: String, date: String? = nil
  ) throws {
    for (role, fingerprint) in [(SubjectRole.victim, victim), (.suspect, suspect)] {
      if let discrepancy = try fingerprint.discrepancies().first {
        throw AttributionError.inconsistentFingerprint(role: role, discrepancy: discrepancy)
      }
    }
    for null in calibration?.nullFingerprints ?? [] {
      if let discrepancy = try null.discrepancies().first {
        throw AttributionError.inconsistentFingerprint(role: .null, discrepancy: discrepancy)
      }
    }
    for (role, fingerprint) in [(SubjectRole.victim, victim), (.suspect, suspect)]
    where fingerprint.looksTransposed {
      throw AttributionError.axesSwapped(role: role)
    }
    try self.init(
      version: .two, victim: victim, suspect: suspect, thresholds: thresholds,
      alignment: try TaskAlignment(victim: victim, suspect: suspect), calibration: calibration,
      exact: exact, bootstrap: bootstrap,
      provenance: CaseProvenance(
        toolVersion: toolVersion, commandLine: commandLine, date: date,
        victim: CaseProvenance.Subject(label: victimLabel, fingerprint: victim),
        suspect: CaseProvenance.Subject(label: suspectLabel, fingerprint: suspect)))
  }

  private init(
    version: EvidenceVersion, victim: ModelFingerprint, suspect: ModelFingerprint,
    thresholds: AttributionThresholds,
    alignment: TaskAlignment, calibration: CalibrationInput?, exact: ExactFindings?,
    bootstrap: BootstrapOptions, provenance: CaseProvenance
  ) throws {
    let matrix = SimilarityMatrix(alignment)
    // Version 1 knew nothing of untrained routers: its cases keep the verdicts they were written with.
    let isUntrained =
      version >= .two && (victim.hasUntrainedRouter || suspect.hasUntrainedRouter)
    self.version = version
    notes = version >= .two ? CaseNotes.about(victim: victim, suspect: suspect) : []
    self.victim = victim
    self.suspect = suspect
    self.thresholds = thresholds
    self.matrix = matrix
    attributions = suspect.experts.indices.map {
      ExpertAttribution(
        suspectIndex: $0, alignment: alignment, matrix: matrix, thresholds: thresholds,
        routerIsUntrained: isUntrained)
    }
    summary = AttributionSummary(attributions, victimExperts: victim.experts)
    limits = Self.standardLimits
    self.provenance = provenance
    self.calibration = try calibration.map { try CaseCalibration($0, alignment: alignment) }
    self.exact = exact
    intervals = try CaseIntervals(
      alignment: alignment, attributions: attributions, calibration: self.calibration,
      options: bootstrap)
  }

  /// The case that follows from the mean logits, thresholds and provenance of this one.
  ///
  /// - Throws: what ``TaskAlignment/init(victim:suspect:)`` throws; `FingerprintError`.
  public func recomputed() throws -> AttributionCase {
    let (victim, suspect) = (try victim.recomputed(), try suspect.recomputed())
    return try AttributionCase(
      version: version, victim: victim, suspect: suspect, thresholds: thresholds,
      alignment: try TaskAlignment(victim: victim, suspect: suspect),
      calibration: calibration?.input.recomputed(), exact: exact?.recomputed(),
      bootstrap: intervals?.options ?? .standard,
      provenance: CaseProvenance(
        toolVersion: provenance.toolVersion, commandLine: provenance.commandLine,
        date: provenance.date,
        victim: CaseProvenance.Subject(
          label: provenance.victim.label, fingerprint: victim),
        suspect: CaseProvenance.Subject(
          label: provenance.suspect.label, fingerprint: suspect)))
  }
}

extension AttributionCase: Codable {
  private enum CodingKeys: String, CodingKey {
    case schema, provenance, summary, limits, thresholds, attributions, matrix, victim, suspect
    case calibration, exact, intervals, notes
  }

  /// Reads a case and checks that its fingerprints can be compared and that shapes agree.
  ///
  /// Whether the numbers follow from the fingerprints is not checked here: see
  /// ``discrepancies()``.
  ///
  /// - Throws: ``AttributionError/unknownSchema(expected:actual:)``, what
  ///   ``TaskAlignment/init(victim:suspect:)`` throws, `FingerprintError`, and `DecodingError` for
  ///   missing keys and wrong types.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard let place = Self.schemas.firstIndex(of: schema),
      let version = EvidenceVersion(rawValue: place + 1)
    else {
      throw AttributionError.unknownSchema(expected: Self.schema, actual: schema)
    }
    self.version = version
    notes = version >= .two ? try container.decode([String].self, forKey: .notes) : []
    victim = try container.decode(ModelFingerprint.self, forKey: .victim)
    suspect = try container.decode(ModelFingerprint.self, forKey: .suspect)
    thresholds = try container.decode(AttributionThresholds.self, forKey: .thresholds)
    matrix = try container.decode(SimilarityMatrix.self, forKey: .matrix)
    attributions = try container.decode([ExpertAttribution].self, forKey: .attributions)
    summary = try container.decode(AttributionSummary.self, forKey: .summary)
    limits = try container.decode([String].self, forKey: .limits)
    provenance = try container.decode(CaseProvenance.self, forKey: .provenance)
    calibration = try container.decodeIfPresent(CaseCalibration.self, forKey: .calibration)
    exact = try container.decodeIfPresent(ExactFindings.self, forKey: .exact)
    intervals = try container.decodeIfPresent(CaseIntervals.self, forKey: .intervals)
    _ = try TaskAlignment(victim: victim, suspect: suspect)
    try validateShapes()
  }

  /// Checks every length and index a reader relies on, so that an edited case cannot end it.
  private func validateShapes() throws(AttributionError) {
    let (victimCount, suspectCount) = (victim.experts.count, suspect.experts.count)
    try AttributionError.requireCount(
      matrix.victimExperts.count, victimCount, key: "matrix.victimExperts")
    try AttributionError.requireCount(
      matrix.suspectExperts.count, suspectCount, key: "matrix.suspectExperts")
    try matrix.validate()
    try AttributionError.requireCount(attributions.count, suspectCount, key: "attributions")
    for (index, attribution) in attributions.enumerated() {
      let key = "attributions[\(index)]"
      try AttributionError.requireIndex(
        attribution.suspectIndex, count: suspectCount, key: "\(key).suspectIndex")
      try AttributionError.requireCount(
        attribution.profile.count, victimCount, key: "\(key).profile")
      try AttributionError.requireIndex(
        attribution.topOneIndex, count: victimCount, key: "\(key).topOneIndex")
      if let runnerUp = attribution.runnerUpIndex {
        try AttributionError.requireIndex(
          runnerUp, count: victimCount, key: "\(key).runnerUpIndex")
      }
    }
    try calibration?.validate(victimCount: victimCount, suspectCount: suspectCount)
    for comparison in exact?.comparisons ?? [] {
      guard victim.experts.contains(comparison.victimExpert),
        comparison.suspectExperts == suspect.experts
      else { throw AttributionError.otherExperts(key: "exact", expert: comparison.victimExpert) }
    }
    if let intervals {
      try AttributionError.requireCount(
        intervals.experts.count, suspectCount, key: "intervals.experts")
    }
    try AttributionError.requireCount(summary.matches.count, victimCount, key: "summary.matches")
    for (index, match) in summary.matches.enumerated() {
      let key = "summary.matches[\(index)]"
      try AttributionError.requireIndex(
        match.victimIndex, count: victimCount, key: "\(key).victimIndex")
      for suspectIndex in match.suspectIndices {
        try AttributionError.requireIndex(
          suspectIndex, count: suspectCount, key: "\(key).suspectIndices")
      }
    }
  }

  /// Writes the case.
  ///
  /// - Throws: what the encoder throws. All numbers are finite: those of fingerprints are checked,
  ///   and similarities lie in 0...1.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(
      EvidenceVersion(encoder) == .one ? Self.schemas[0] : Self.schema, forKey: .schema)
    if EvidenceVersion(encoder) >= .two { try container.encode(notes, forKey: .notes) }
    try container.encode(provenance, forKey: .provenance)
    try container.encode(summary, forKey: .summary)
    try container.encode(limits, forKey: .limits)
    try container.encode(thresholds, forKey: .thresholds)
    try container.encode(attributions, forKey: .attributions)
    try container.encode(matrix, forKey: .matrix)
    try container.encode(victim, forKey: .victim)
    try container.encode(suspect, forKey: .suspect)
    try container.encodeIfPresent(calibration, forKey: .calibration)
    try container.encodeIfPresent(exact, forKey: .exact)
    try container.encodeIfPresent(intervals, forKey: .intervals)
  }
}
