import Calibration
import Diagnostics
import ExactTests
import ExpertResponses
import ModelMerging
import Probes

/// Whether more re-runs are wanted, for one suspect.
struct SequentialReruns {
  let victim: ModelFolder
  let base: ModelFolder
  let suspect: ModelFolder
  let suite: OpenSuite
  let task: String
  let compute: ComputeSettings
  let plan: RerunSet.Sequential

  /// Where the test stands after the runs of a set; `nil` before the first one that is ranked.
  ///
  /// - Throws: ``RerunError``, `ExactTestError`; what comparing weights throws.
  func state(
    after set: RerunSet, in place: RerunFolder, _ examiner: Examiner
  ) throws -> SequentialRank? {
    guard set.runs.count > plan.fixedCount else { return nil }
    let experts = victim.expertTowers.map {
      ExpertTower(name: task, tensors: $0.tensors, configuration: $0.configuration)
    }
    let peers = try VictimPeers(
      pool: nil, reruns: [place.path], victim: victim, experts: experts, base: base)
    let comparison = try FunctionalComparison(
      base: base, victim: peers.experts, peers: peers, suite: suite, probes: 8, blocks: 0)
    let grams = try comparison.grams(
      of: .feedForward, [comparison.opened(suspect.expertTowers)], compute: compute,
      progress: nil
    )[0].get()
    let state = try peers.comparison(
      grams, victim: 0, suspect: plan.suspect, records: [], identical: nil)?.sequentialRank()
    if let state {
      examiner.note(
        "\(state.exceedances) of \(state.reruns.count) re-runs are as close to the suspect as the victim"
      )
    }
    return state
  }
}
