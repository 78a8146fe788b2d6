import Calibration
import Diagnostics
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

  /// The null evidence about two models.
  ///
  /// Routing is compared when the pool has merges; weights, when both models are folders and the
  /// base model is named.
  ///
  /// - Throws: `NullPoolError` when the pool belongs to another base, suite or task list;
  ///   `CalibrationError.noEvidence`; what comparing weights throws.
  func input(
    victim: (path: String, fingerprint: ModelFingerprint),
    suspect: (path: String, fingerprint: ModelFingerprint)
  ) throws -> CalibrationInput {
    let base = try nulls.base.map { try inputs.model($0) }
    let pool = try CalibratingPool(
      path: nulls.pool, base: base, suite: victim.fingerprint.suiteDigest,
      experts: victim.fingerprint.experts)
    let weights = try nulls.base.flatMap {
      try self.weights(base: $0, pool, victim: victim.path, suspect: suspect.path)
    }
    do {
      return try CalibrationInput(
        pool: pool.reference, nullFingerprints: try pool.mergeFingerprints(),
        responseGrams: weights?.grams ?? [], weightFindings: weights?.findings ?? [],
        options: nulls.rule)
    } catch let error as CalibrationError {
      throw LocatedError(error, in: pool.place.path)
    }
  }

  private func weights(
    base: String, _ pool: CalibratingPool, victim: String, suspect: String
  ) throws -> (grams: [ResponseGram], findings: [TamperFinding])? {
    for path in [victim, suspect] where !isFolder(path) {
      examiner.warn("\(path) has no weights: only routing is compared")
      return nil
    }
    guard let suite = settings.suite else {
      throw ExaminationError.suiteNeeded(path: base, purpose: "weights are compared on its images")
    }
    let comparison = try FunctionalComparison(
      base: inputs.model(base), victim: inputs.model(victim).expertTowers, pool: pool,
      suite: inputs.suite(suite), probes: nulls.responseProbes, blocks: settings.blocks)
    let experts = try inputs.model(suspect).expertTowers
    let grams = try examiner.stage("comparing responses") { stage in
      try comparison.grams(of: [experts], compute: settings.compute, progress: stage.handler)
        .flatMap { $0 }
    }
    let evidence = try CalibratedEvidence(
      responseGrams: grams, victimExperts: comparison.victim.map(\.name),
      suspectExperts: experts.map(\.name), options: nulls.rule)
    return (
      evidence.keepingBlocks(ofTestedPairsIn: grams),
      try comparison.findings(on: experts, evidence)
    )
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
