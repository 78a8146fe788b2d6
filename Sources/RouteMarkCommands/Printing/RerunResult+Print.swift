import ExactTests
import Examinations

extension RerunResult {
  /// Writes the manifest as JSON, or what there is and what it can decide.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(set) }
    let console = Console.current
    let count = set.runs.count
    console.line("re-runs      \(path)")
    console.line("of           \(set.task), \(set.victim)")
    console.line("base         \(set.base)")
    console.line("runs         \(count)")
    if let rank {
      console.line(
        "rank         \(rank.exceedances) of \(rank.reruns.count) re-runs are as close to the suspect "
          + "as the victim")
      if let p = rank.pValue { console.line("p            \(p)") }
    } else {
      console.line("can reach    p = 1/\(count + 1)")
    }
    if set.hasPopularSeed {
      console.line(
        "note         the victim's seed is one that many people use: no test is possible")
    }
  }
}
