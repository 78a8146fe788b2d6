import Baselines
import Diagnostics
import ModelMerging
import Reports

/// What a baseline command writes: the numbers with their definition and the models' digests.
struct BaselineReport<Result: Encodable>: Encodable {
  /// A model by path and digest.
  struct Model: Encodable {
    let path: String
    let digest: Digest

    init(_ model: ModelFolder) throws {
      path = model.path
      digest = try model.digest()
    }
  }

  let schema = "routemark.baseline/1"
  let method: String
  let victim: Model
  let suspect: Model
  let toolVersion = Program.tool
  let commandLine = Program.commandLine
  let result: Result

  init(
    method: String, _ models: (victim: ModelFolder, suspect: ModelFolder), result: Result
  ) throws {
    self.method = method
    victim = try Model(models.victim)
    suspect = try Model(models.suspect)
    self.result = result
  }

  /// Writes JSON, or a heading, what `body` writes, and the definition.
  func print(_ options: CommonOptions, definition: String, _ body: (Console) -> Void) throws {
    if options.json { return try JSONOutput.print(self) }
    let console = Console.current
    console.line("\(method)  victim \(victim.path), suspect \(suspect.path)")
    console.line()
    body(console)
    console.line()
    for line in Self.wrapped(definition, console.width) { console.line(line) }
    console.line()
    console.line("victim   \(victim.digest)")
    console.line("suspect  \(suspect.digest)")
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
