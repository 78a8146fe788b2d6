import Calibration
import Examinations
import Reports

extension ResidualReport {
  /// Writes JSON, or a row an expert and what the p-values rest on.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    var table = ScreeningTable(self.options)
    for suspect in suspects {
      table.append(
        suspect.evidence, of: suspect.name, intervals: suspect.intervals,
        findings: suspect.findings)
    }
    console.out(table.render(screening, width: console.width, colour: console.coloursOut))
    console.line()
    console.line("nulls    \(pool.nullCount) a task, pool \(pool.manifestDigest)")
    console.line("recipes  \(pool.recipes)")
    console.line("p        how rarely independent work of such recipes comes as close")
  }
}
