import Diagnostics
import Examinations
import Foundation
import NullPools

/// What the commands of a pool print: its manifest, or a line per task.
extension NullPoolResult {
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(pool) }
    let console = Console.current
    console.line("pool     \(path)")
    console.line("base     \(pool.base)")
    let recipes = pool.distribution
    let rates = String(format: "%.2g to %.2g", recipes.lowestRate, recipes.highestRate)
    let batches = recipes.batches.map { "\($0)" }.joined(separator: ", ")
    console.line(
      "recipes  learning rate \(rates), batch \(batches), \(recipes.images) images, "
        + "seed \(pool.seed)")
    let width = pool.tasks.map(\.name.count).max() ?? 0
    for task in pool.tasks {
      let name = task.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let count = pool.experts.filter { $0.task == task.name }.count
      console.line("  \(name)  \(count) experts")
    }
    if let merges = pool.merges {
      console.line("merges   \(merges.entries.count) over the suite \(merges.suite.abbreviated)")
    }
  }
}
