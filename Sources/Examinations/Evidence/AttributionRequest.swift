import Attribution
import Calibration
import RoutingFingerprints

/// Which of a suspect's experts are consistent with reuse of a victim's.
///
/// Victim and suspect are fingerprints, traces or model folders; all come from the same suite. With
/// nulls the answer has p-values: of routing when the pool has merges, of weights when both models
/// are folders and the base model is named.
public struct AttributionRequest: ExaminationRequest {
  /// Null experts that calibrate the comparison, and re-runs that decide it.
  public struct Nulls: Sendable {
    /// The pool's folder; `nil` for none.
    public var pool: String?
    /// Sets of re-runs of the victim's experts, one an expert.
    public var reruns: [String]
    /// The base model, to compare weights; `nil` compares routing only.
    public var base: String?
    /// Probe images of each task that experts respond to.
    public var responseProbes: Int
    /// How p-values become verdicts.
    public var rule: CalibrationOptions

    /// Nulls of a pool.
    public init(
      pool: String? = nil, reruns: [String] = [], base: String? = nil, responseProbes: Int = 8,
      rule: CalibrationOptions = .standard
    ) {
      self.pool = pool
      self.reruns = reruns
      self.base = base
      self.responseProbes = responseProbes
      self.rule = rule
    }
  }

  /// The reference model.
  public var victim: String
  /// The model under examination.
  public var suspect: String
  /// How models and traces become fingerprints.
  public var fingerprints: FingerprintSettings
  /// The rule of verdicts without nulls.
  public var thresholds: AttributionThresholds
  /// Null experts; `nil` for none.
  public var nulls: Nulls?
  /// A date to record.
  public var date: String?

  /// A request.
  public init(
    victim: String, suspect: String, fingerprints: FingerprintSettings = FingerprintSettings(),
    thresholds: AttributionThresholds = .standard, nulls: Nulls? = nil, date: String? = nil
  ) {
    self.victim = victim
    self.suspect = suspect
    self.fingerprints = fingerprints
    self.thresholds = thresholds
    self.nulls = nulls
    self.date = date
  }

  /// The case.
  ///
  /// - Throws: ``ExaminationError/suiteNeeded(path:purpose:)``; what reading and running models,
  ///   reading the pool and `AttributionCase` throw.
  public func run(_ examiner: Examiner) throws -> AttributionCase {
    let inputs = OpenedInputs(examiner)
    let source = EvidenceSource(settings: fingerprints, inputs: inputs, examiner: examiner)
    let own = try source.fingerprint(at: victim)
    let other = try source.fingerprint(at: suspect)
    let evidence = try nulls.map { nulls in
      try NullEvidence(
        nulls: nulls, settings: fingerprints, inputs: inputs, examiner: examiner
      ).evidence(victim: (victim, own), suspect: (suspect, other))
    }
    return try AttributionCase(
      victim: own, suspect: other, thresholds: thresholds, calibration: evidence?.calibration,
      exact: evidence?.exact,
      victimLabel: victim, suspectLabel: suspect, toolVersion: examiner.tool,
      commandLine: examiner.command, date: date)
  }
}
