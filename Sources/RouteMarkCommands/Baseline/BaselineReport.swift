import Baselines
import Diagnostics
import Examinations
import Reports

extension BaselineReport {
  /// Writes JSON, or a heading, the numbers, and the definition.
  func print(_ options: CommonOptions) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(method)  victim \(victim.path), suspect \(suspect.path)")
    if realigned { console.line("of experts in the base's coordinates") }
    console.line()
    switch result {
    case .modelPCS(let found): Self.print(found, to: console)
    case .expertPCS(let found): found.similarities.print(to: console)
    case .modelICS(let found): Self.print(found, to: console)
    case .expertICS(let found): found.similarities.print(to: console)
    case .reef(let found): Self.print(found, to: console)
    }
    console.line()
    for line in Self.wrapped(result.definition, console.width) { console.line(line) }
    console.line()
    console.line("victim   \(victim.digest)")
    console.line("suspect  \(suspect.digest)")
  }

  private static func print(_ result: ModelPCS, to console: Console) {
    console.line("similarity  \(FixedDigits.text(result.similarity, digits: 6))")
    console.line()
    var table = TextTable([
      .leading("part"), .trailing("cosine"), .trailing("tensors"), .trailing("numbers"),
      .trailing("other shape"), .trailing("no counterpart"),
    ])
    for part in result.parts {
      table.append([
        TextTable.Cell(part.role.rawValue),
        TextTable.Cell(part.cosine.map { FixedDigits.text($0, digits: 6) } ?? "-"),
        TextTable.Cell("\(part.pairedTensors)"), TextTable.Cell("\(part.pairedNumbers)"),
        TextTable.Cell("\(part.mismatchedTensors)"), TextTable.Cell("\(part.unpairedTensors)"),
      ])
    }
    console.out(table.render(width: console.width))
  }

  private static func print(_ result: ModelICS, to console: Console) {
    console.line("similarity  \(FixedDigits.text(result.similarity, digits: 6))")
    console.line("embeddings  \(result.embeddingCount)")
    console.line()
    var table = TextTable([
      .leading("term"), .trailing("victim layer"), .trailing("suspect layer"),
      .trailing("correlation"),
    ])
    for term in result.terms {
      table.append([
        TextTable.Cell(term.term), TextTable.Cell("\(term.victimLayer)"),
        TextTable.Cell("\(term.suspectLayer)"),
        TextTable.Cell(FixedDigits.text(term.correlation, digits: 6)),
      ])
    }
    console.out(table.render(width: console.width))
  }

  private static func print(_ result: BaselineAlignment, to console: Console) {
    let reef = result.reef
    console.line("layer       \(reef.headlineLayer), of layers 0 to \(reef.layers.count - 1)")
    console.line("biased      \(FixedDigits.text(reef.biased)), as published")
    console.line("unbiased    \(FixedDigits.text(reef.unbiased))")
    console.line("samples     \(reef.sampleCount) of suite \(result.suiteDigest)")
    console.line()
    var table = TextTable([.trailing("layer"), .trailing("biased"), .trailing("unbiased")])
    for layer in reef.layers {
      table.append([
        TextTable.Cell("\(layer.layer)"), TextTable.Cell(FixedDigits.text(layer.biased)),
        TextTable.Cell(FixedDigits.text(layer.unbiased)),
      ])
    }
    console.out(table.render(width: console.width))
  }

  /// Text in lines of at most so many characters.
  private static func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + [line]
  }
}

extension ExpertSimilarities {
  /// Writes the best victim expert of each suspect expert, and the matrix.
  func print(to console: Console) {
    var best = TextTable([
      .leading("suspect expert"), .leading("closest victim expert"), .trailing("similarity"),
      .trailing("margin"),
    ])
    for match in matches {
      best.append([
        TextTable.Cell(match.suspectExpert), TextTable.Cell(match.victimExpert),
        TextTable.Cell(FixedDigits.text(match.similarity)),
        TextTable.Cell(match.attributionMargin.map { FixedDigits.text($0) } ?? "-"),
      ])
    }
    console.out(best.render(width: console.width))
    console.line()
    var matrix = TextTable(
      [.leading("victim \\ suspect")] + suspectExperts.map { TextTable.Column.trailing($0) })
    for (expert, row) in zip(victimExperts, values) {
      matrix.append(
        [TextTable.Cell(expert)] + row.map { TextTable.Cell(FixedDigits.text($0)) })
    }
    console.out(matrix.render(width: console.width))
  }
}
