import RoutingFingerprints

/// What null experts say about a case.
public struct CalibrationResult: Codable, Sendable, Equatable {
  /// Whether the victim's routing answers to probes.
  public let victimSignal: RouterSignalCheck
  /// Whether the suspect's routing answers to probes.
  public let suspectSignal: RouterSignalCheck
  /// Grey box; `nil` without null fingerprints.
  public let routing: CalibratedEvidence?
  /// White box; `nil` without response Gram matrices.
  public let functional: CalibratedEvidence?
  /// What was probably done to router and experts, from fingerprints; then what was measured on
  /// weights.
  public let findings: [TamperFinding]

  /// Computes all evidence.
  ///
  /// - Parameters:
  ///   - victim, suspect: With tasks in the same order.
  /// - Throws: ``CalibrationError``.
  public init(
    _ input: CalibrationInput, victim: ModelFingerprint, suspect: ModelFingerprint
  ) throws(CalibrationError) {
    let options = input.options
    let nulls = try input.aligned(to: victim)
    victimSignal = RouterSignalCheck(
      victim, permutations: options.permutationCount, seed: options.seed)
    suspectSignal = RouterSignalCheck(
      suspect, permutations: options.permutationCount, seed: options.seed)
    let missing: CalibratedVerdict.MissingSignal? =
      victimSignal.isMissing || victim.description.routerState == .untrained
      ? .victimRouter
      : suspectSignal.isMissing || suspect.description.routerState == .untrained
        ? .suspectRouter : nil
    if nulls.isEmpty {
      routing = nil
    } else {
      let grams = try RoutingGrams(
        victim: victim, suspect: suspect, nulls: nulls, options: options.routing)
      routing = CalibratedEvidence(
        level: .routing, victimExperts: victim.experts, suspectExperts: suspect.experts,
        scores: try grams.scores(), preference: grams.preference(base: victim.options.jsdBase),
        layerVotes: grams.layerVotes, missingSignal: missing,
        options: options)
    }
    functional = try Self.functional(input, victim: victim, suspect: suspect)
    findings =
      Self.derived(
        victim: victim, suspect: suspect, routing: routing, functional: functional,
        isRoutingMissing: missing != nil)
      + input.weightFindings
  }

  private static func functional(
    _ input: CalibrationInput, victim: ModelFingerprint, suspect: ModelFingerprint
  ) throws(CalibrationError) -> CalibratedEvidence? {
    guard !input.responseGrams.isEmpty else { return nil }
    return try CalibratedEvidence(
      responseGrams: input.responseGrams, victimExperts: victim.experts,
      suspectExperts: suspect.experts, options: input.options)
  }

  private static func derived(
    victim: ModelFingerprint, suspect: ModelFingerprint, routing: CalibratedEvidence?,
    functional: CalibratedEvidence?, isRoutingMissing: Bool
  ) -> [TamperFinding] {
    guard let evidence = functional ?? (isRoutingMissing ? nil : routing) else { return [] }
    let pairs = evidence.decisions.filter(\.isAssigned).map {
      (victim: $0.victimIndex, suspect: $0.suspectIndex)
    }
    let router =
      isRoutingMissing
      ? [] : RouterDiagnosis.router(victim: victim, suspect: suspect, pairs: pairs)
    return router
      + RouterDiagnosis.experts(
        victim: victim.experts, suspect: suspect.experts, pairs: pairs, plain: evidence.plain)
  }

  /// The strongest evidence there is: white box before grey box.
  public var evidence: CalibratedEvidence? { functional ?? routing }

  /// One decision a suspect expert, on the strongest evidence there is.
  public var decisions: [ExpertDecision] { evidence?.decisions ?? [] }

  /// The suspect as a whole, on the strongest evidence there is.
  public var model: ModelDecision? { evidence?.model }
}
