import Calibration
import Examinations
import Reports

extension ResidualReport {
  /// Writes JSON, or a row an expert and what the p-values rest on.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    let tested = suspects.filter { $0.exact != nil }
    for suspect in tested {
      guard let exact = suspect.exact else { continue }
      console.line("suspect      \(suspect.name)")
      console.out(ExactTable(exact).render(width: console.width, colour: console.coloursOut))
      if suspect.name != tested.last?.name { console.line() }
    }
    guard let pool else { return }
    if !tested.isEmpty {
      console.line()
      console.line("Screening with null experts, on which no verdict rests:")
    }
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
