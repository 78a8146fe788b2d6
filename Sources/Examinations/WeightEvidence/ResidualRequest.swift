import Calibration
import ExactTests
import ModelMerging
import Probes
import RoutingFingerprints

/// What experts' weights have in common with a victim's beyond what the task explains.
///
/// All experts respond to the base model's own MLP inputs on probe images. What the null experts of a
/// task span is taken out of both sides; the cosine of the rest is ranked among nulls.
public struct ResidualRequest: ExaminationRequest {
  /// The reference model: a merge, or a plain tower that was fine-tuned on one task.
  public var victim: String
  /// The task of a plain victim; its folder's name when `nil`.
  public var task: String?
  /// The models under examination, by names that differ.
  public var suspects: [NamedPath]
  /// The pool of nulls; `nil` where re-runs alone are compared.
  public var nulls: String?
  /// Sets of re-runs of the victim's experts, one an expert.
  public var reruns: [String]
  /// The pool's base model.
  public var base: String
  /// The probe suite.
  public var suite: String
  /// Probe images of each task that experts respond to.
  public var responseProbes: Int
  /// How many blocks of them to keep for intervals, 0 for none.
  public var blocks: Int
  /// How p-values become verdicts.
  public var rule: CalibrationOptions
  /// How much of the machine is used.
  public var compute: ComputeSettings

  /// A request.
  public init(
    victim: String, task: String? = nil, suspects: [NamedPath], nulls: String? = nil,
    reruns: [String] = [], base: String,
    suite: String, responseProbes: Int = 8, blocks: Int = TaskBlocks.standardCount,
    rule: CalibrationOptions = .standard, compute: ComputeSettings = ComputeSettings()
  ) {
    self.victim = victim
    self.task = task
    self.suspects = suspects
    self.nulls = nulls
    self.reruns = reruns
    self.base = base
    self.suite = suite
    self.responseProbes = responseProbes
    self.blocks = blocks
    self.rule = rule
    self.compute = compute
  }

  /// The evidence about every suspect.
  ///
  /// - Throws: ``ExaminationError/taskOfMerge(path:)``; what reading models, suite and pool throws;
  ///   `ResponseError`, `CalibrationError`.
  public func run(_ examiner: Examiner) throws -> ResidualReport {
    let inputs = OpenedInputs(examiner)
    let base = try inputs.model(base)
    let owner = try inputs.model(victim)
    let experts = try victimExperts(owner)
    let suite = try inputs.suite(suite)
    let pool = try nulls.map {
      try CalibratingPool(
        path: $0, base: base, suite: suite.digest, experts: experts.map(\.name))
    }
    let peers = try VictimPeers(
      pool: pool, reruns: reruns, victim: owner, experts: experts, base: base)
    let comparison = try FunctionalComparison(
      base: base, victim: peers.experts, peers: peers, suite: suite, probes: responseProbes,
      blocks: blocks)
    let models = try suspects.map { try inputs.model($0.path, assuming: base.configuration) }
    let towers = models.map(\.expertTowers)
    let grams = try examiner.stage("comparing responses") { stage in
      try comparison.grams(of: towers, compute: compute, progress: stage.handler)
    }
    let entries = try suspects.indices.map { index in
      try entry(
        suspects[index].name, models[index], towers[index], grams[index], comparison, peers)
    }
    return ResidualReport(
      pool: pool?.reference, options: rule, suspects: entries, examiner: examiner)
  }

  private func entry(
    _ name: String, _ model: ModelFolder, _ towers: [ExpertTower], _ grams: [ResponseGram],
    _ comparison: FunctionalComparison, _ peers: VictimPeers
  ) throws -> ResidualReport.Suspect {
    let victims = comparison.victim.map(\.name)
    let screened = try grams.map {
      try peers.screening($0, victim: victims.firstIndex(of: $0.victimExpert) ?? 0)
    }
    let evidence = try CalibratedEvidence(
      responseGrams: screened, victimExperts: victims, suspectExperts: towers.map(\.name),
      options: rule)
    return ResidualReport.Suspect(
      name: name, evidence: evidence,
      intervals: evidence.residualIntervals(screened, weighting: rule.weighting),
      findings: try comparison.findings(on: towers, evidence),
      exact: try peers.findings(on: model, towers, grams, comparison))
  }

  /// The victim's experts, named after their tasks.
  private func victimExperts(_ model: ModelFolder) throws -> [ExpertTower] {
    guard let task else { return model.expertTowers }
    guard model.mixture == nil else { throw ExaminationError.taskOfMerge(path: victim) }
    return model.expertTowers.map {
      ExpertTower(name: task, tensors: $0.tensors, configuration: $0.configuration)
    }
  }
}
