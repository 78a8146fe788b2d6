import ArgumentParser
import Calibration
import Diagnostics
import Foundation
import ModelMerging
import NullPools
import Probes
import Probing
import RoutingFingerprints

/// Options that calibrate a comparison with null experts.
struct NullEvidenceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp("A pool of nulls: p-values, and same-task innocents.", valueName: "dir"))
  var nulls: String?

  @Option(
    name: .long, help: ArgumentHelp("The pool's base model: compare weights.", valueName: "dir"))
  var base: String?

  @OptionGroup var weights: WeightEvidenceOptions
  @OptionGroup var rule: VerdictRuleOptions
  @OptionGroup var routing: RoutingResidualOptionsGroup

  /// How verdicts are formed.
  ///
  /// - Throws: `CalibrationError.optionOutOfRange`.
  func calibration() throws -> CalibrationOptions {
    try rule.options(routing: routing.options)
  }

  func validate() throws {
    if nulls == nil, base != nil { throw ValidationError("--base needs a pool: --nulls DIR.") }
  }
}

/// Gathers what a case is calibrated from.
struct NullEvidence {
  let options: NullEvidenceOptions
  /// The probe suite, which is needed to compare weights.
  let suite: String?
  /// How many blocks of each task's probe images to keep.
  let blocks: Int
  let compute: ComputeOptions
  let quiet: Bool

  /// The null evidence about two models.
  ///
  /// Routing is compared when the pool has merges; weights, when both are model folders and the
  /// base model is named.
  ///
  /// - Returns: `nil` without a pool.
  /// - Throws: `NullPoolError` when the pool belongs to another base, suite or task list;
  ///   `CalibrationError.noEvidence`; what comparing weights throws.
  func input(
    victim: (path: String, fingerprint: ModelFingerprint),
    suspect: (path: String, fingerprint: ModelFingerprint)
  ) throws -> CalibrationInput? {
    guard let path = options.nulls else { return nil }
    let rule = try options.calibration()
    let base = try options.base.map { try ModelFolder(path: $0) }
    let pool = try CalibratingPool(
      path: path, base: base, suite: victim.fingerprint.suiteDigest,
      experts: victim.fingerprint.experts)
    let weights = try base.flatMap {
      try self.weights(base: $0, pool, victim: victim.path, suspect: suspect.path)
    }
    do {
      return try CalibrationInput(
        pool: pool.reference, nullFingerprints: try pool.mergeFingerprints(),
        responseGrams: weights?.grams ?? [], weightFindings: weights?.findings ?? [],
        options: rule)
    } catch let error as CalibrationError {
      throw LocatedError(error, in: pool.place.path)
    }
  }

  private func weights(
    base: ModelFolder, _ pool: CalibratingPool, victim: String, suspect: String
  ) throws -> (grams: [ResponseGram], findings: [TamperFinding])? {
    for path in [victim, suspect] where !isFolder(path) {
      Console.current.warn("\(path) has no weights: only routing is compared")
      return nil
    }
    guard let suite else {
      throw ValidationError("Comparing weights needs the probe suite: --suite FILE.")
    }
    let comparison = try FunctionalComparison(
      base: base, victim: ModelFolder(path: victim).expertTowers, pool: pool,
      suite: OpenSuite(contentsOf: suite), probes: options.weights.responseProbes, blocks: blocks)
    let experts = try ModelFolder(path: suspect).expertTowers
    let progress = ProgressBar("comparing responses", quiet: quiet)
    defer { progress.finish() }
    let grams = try comparison.grams(of: [experts], compute: compute, progress: progress.handler)
      .flatMap { $0 }
    let evidence = try CalibratedEvidence(
      responseGrams: grams, victimExperts: comparison.victim.map(\.name),
      suspectExperts: experts.map(\.name), options: options.calibration())
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
