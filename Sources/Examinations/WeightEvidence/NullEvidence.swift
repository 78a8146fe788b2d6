import Calibration
import Diagnostics
import ExactTests
import ExpertResponses
import Foundation
import ModelMerging
import NullPools
import RoutingFingerprints

/// Gathers what a case is calibrated from.
struct NullEvidence {
  let nulls: AttributionRequest.Nulls
  let settings: FingerprintSettings
  let inputs: OpenedInputs
  let examiner: Examiner

  /// What weights and null merges say about two models.
  struct Evidence {
    /// What null experts calibrate; `nil` without a pool.
    let calibration: CalibrationInput?
    /// What exact tests say; `nil` without re-runs.
    let exact: ExactFindings?
  }

  /// The evidence about two models.
  ///
  /// Routing is compared when the pool has merges; weights, when both models are folders and the
  /// base model is named.
  ///
  /// - Throws: `NullPoolError` when the pool belongs to another base, suite or task list;
  ///   `CalibrationError.noEvidence`, ``RerunError``; what comparing weights throws.
  func evidence(
    victim: (path: String, fingerprint: ModelFingerprint),
    suspect: (path: String, fingerprint: ModelFingerprint)
  ) throws -> Evidence {
    let base = try nulls.base.map { try inputs.model($0) }
    let pool = try nulls.pool.map {
      try CalibratingPool(
        path: $0, base: base, suite: victim.fingerprint.suiteDigest,
        experts: victim.fingerprint.experts)
    }
    let weights = try nulls.base.flatMap {
      try self.weights(base: $0, pool, victim: victim.path, suspect: suspect.path)
    }
    guard let pool else { return Evidence(calibration: nil, exact: weights?.exact) }
    do {
      let input = try CalibrationInput(
        pool: pool.reference, nullFingerprints: try pool.mergeFingerprints(),
        responseGrams: weights?.grams ?? [], weightFindings: weights?.findings ?? [],
        options: nulls.rule)
      return Evidence(calibration: input, exact: weights?.exact)
    } catch let error as CalibrationError {
      throw LocatedError(error, in: pool.place.path)
    }
  }

  private func weights(
    base: String, _ pool: CalibratingPool?, victim: String, suspect: String
  ) throws -> (grams: [ResponseGram], findings: [TamperFinding], exact: ExactFindings?)? {
    for path in [victim, suspect] where !isFolder(path) {
      examiner.warn("\(path) has no weights: only routing is compared")
      return nil
    }
    guard let suite = settings.suite else {
      throw ExaminationError.suiteNeeded(path: base, purpose: "weights are compared on its images")
    }
    let owner = try inputs.model(victim)
    let peers = try VictimPeers(
      pool: pool, reruns: nulls.reruns, victim: owner, experts: owner.expertTowers,
      base: inputs.model(base))
    let comparison = try FunctionalComparison(
      base: inputs.model(base), victim: peers.experts, peers: peers,
      suite: inputs.suite(suite), probes: nulls.responseProbes, blocks: settings.blocks)
    let model = try inputs.model(suspect)
    let experts = model.expertTowers
    let opened = try comparison.opened(experts)
    let all = try examiner.stage("comparing responses") { stage in
      try comparison.grams(
        of: .feedForward, [opened], compute: settings.compute, progress: stage.handler
      ).flatMap { try $0.get() }
    }
    let names = comparison.victim.map(\.name)
    let grams = try all.map {
      try peers.screening($0, victim: names.firstIndex(of: $0.victimExpert) ?? 0)
    }
    let evidence = try CalibratedEvidence(
      responseGrams: grams, victimExperts: names, suspectExperts: experts.map(\.name),
      options: nulls.rule)
    return (
      evidence.keepingBlocks(ofTestedPairsIn: grams),
      try comparison.findings(on: opened, evidence),
      try peers.findings(on: model, experts, all, comparison)
    )
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
