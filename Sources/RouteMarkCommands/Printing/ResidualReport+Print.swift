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
      if let attention = suspect.exactAttention {
        console.line("attention of \(suspect.name), tested by itself")
        console.out(
          ExactTable(attention).render(width: console.width, colour: console.coloursOut))
      }
      if suspect.name != tested.last?.name { console.line() }
    }
    guard let pool else { return printFindings(console) }
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
    printAttention(console)
    console.line()
    console.line("nulls    \(pool.nullCount) a task, pool \(pool.manifestDigest)")
    console.line("recipes  \(pool.recipes)")
    console.line("p        how rarely independent work of such recipes comes as close")
  }

  /// What was done to suspects, where no table of screening says it.
  private func printFindings(_ console: Console) {
    for suspect in suspects {
      for finding in suspect.findings {
        let numbers = finding.quantities.map { "\($0.name) \(FixedDigits.text($0.value))" }
        console.line(
          "finding      \(suspect.name): \(finding.subject) \(finding.kind.words), "
            + "\(finding.confidence.rawValue) (\(numbers.joined(separator: ", ")))")
      }
    }
  }

  /// The experts whose attention could be compared, in a table of its own.
  private func printAttention(_ console: Console) {
    guard suspects.contains(where: { $0.attention != nil }) else { return }
    var table = ScreeningTable(options)
    for suspect in suspects {
      guard let attention = suspect.attention else { continue }
      table.append(attention, of: suspect.name, intervals: [], findings: [])
    }
    console.line()
    console.line("attention, tested by itself")
    console.out(
      table.render(attentionScreening, width: console.width, colour: console.coloursOut))
  }

  /// Says what is wrong with the models that could not be examined.
  func reportFailures() {
    for failure in failures {
      Console.current.warn(
        "`\(failure.name)` was not examined: \(failure.what)"
          + (failure.location.map { ", at \($0)" } ?? "")
          + failure.hints.map { "; \($0)" }.joined())
    }
  }
}
