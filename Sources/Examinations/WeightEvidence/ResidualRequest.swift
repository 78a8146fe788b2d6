import Calibration
import Coordinates
import Diagnostics
import ExactTests
import ExpertResponses
import ModelMerging
import Probes
import RoutingFingerprints

/// What experts' weights have in common with a victim's beyond what the task explains.
///
/// All experts are brought into the base model's coordinates and respond to its own tokens on probe images,
/// MLPs and attention each by themselves. What the null experts of a task span is taken out of both sides;
/// the cosine of the rest is ranked among nulls.
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
  /// A suspect that cannot be read, or whose responses are not finite, is a failure beside the others.
  ///
  /// - Throws: ``ExaminationError/taskOfMerge(path:)``; what reading victim, base, suite and pool throws;
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
    var opened: [Opened] = []
    var failures = [Int: ResidualReport.Failure]()
    for (index, suspect) in suspects.enumerated() {
      try skipping(index, &failures) {
        let model = try inputs.model(suspect.path, assuming: base.configuration)
        opened.append(
          Opened(index: index, model: model, experts: try comparison.opened(model.expertTowers)))
      }
    }
    let (feedForward, attention) = try examiner.stage("comparing responses") { stage in
      func grams(of part: ExpertPart, from first: Int) throws -> [FunctionalComparison.Grams] {
        try comparison.grams(of: part, opened.map(\.experts), compute: compute) { done, total in
          stage.update(first * total + done, 2 * total)
        }
      }
      return (try grams(of: .feedForward, from: 0), try grams(of: .attention, from: 1))
    }
    var entries: [ResidualReport.Suspect] = []
    for (place, suspect) in opened.enumerated() {
      try skipping(suspect.index, &failures) {
        entries.append(
          try entry(
            suspect, feedForward[place].get(), attention[place].get(), comparison, peers))
      }
    }
    return ResidualReport(
      pool: pool?.reference, options: rule, suspects: entries,
      failures: failures.sorted { $0.key < $1.key }.map(\.value), examiner: examiner)
  }

  /// A suspect that could be read.
  private struct Opened {
    let index: Int
    let model: ModelFolder
    let experts: [FunctionalResponses.Suspect]
  }

  /// Keeps what is wrong with one suspect from those beside it.
  private func skipping(
    _ index: Int, _ failures: inout [Int: ResidualReport.Failure], _ body: () throws -> Void
  ) throws {
    do { try body() } catch let error as any DiagnosableError {
      failures[index] = ResidualReport.Failure(suspects[index].name, error)
    }
  }

  private func entry(
    _ suspect: Opened, _ grams: [ResponseGram], _ attention: [ResponseGram],
    _ comparison: FunctionalComparison, _ peers: VictimPeers
  ) throws -> ResidualReport.Suspect {
    let towers = suspect.experts.map(\.realignment.expert)
    let victims = comparison.victim.map(\.name)
    func screened(_ grams: [ResponseGram]) throws -> [ResponseGram] {
      try grams.map {
        try peers.screening($0, victim: victims.firstIndex(of: $0.victimExpert) ?? 0)
      }
    }
    func evidence(_ grams: [ResponseGram]) throws -> CalibratedEvidence {
      try CalibratedEvidence(
        responseGrams: grams, victimExperts: victims, suspectExperts: towers.map(\.name),
        options: rule)
    }
    let own = try screened(grams)
    let result = try evidence(own)
    return ResidualReport.Suspect(
      name: suspects[suspect.index].name, evidence: result,
      intervals: result.residualIntervals(own, weighting: rule.weighting),
      findings: try comparison.findings(on: suspect.experts, result),
      exact: try peers.findings(on: suspect.model, towers, grams, comparison),
      attention: attention.isEmpty ? nil : try evidence(screened(attention)),
      exactAttention: try peers.findings(
        on: suspect.model, towers, attention, comparison, seeksEqualWeights: false))
  }

  /// The victim's experts, named after their tasks.
  private func victimExperts(_ model: ModelFolder) throws -> [ExpertTower] {
    guard let task else { return model.expertTowers }
    guard model.mixture == nil else { throw ExaminationError.taskOfMerge(path: victim) }
    return model.expertTowers.map {
      ExpertTower(
        name: task, tensors: $0.tensors, configuration: $0.configuration,
        ownsAttention: $0.ownsAttention)
    }
  }
}
