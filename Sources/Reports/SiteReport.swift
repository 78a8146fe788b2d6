import Attribution
import RoutingFingerprints

/// A case of sites as text for a terminal.
public struct SiteReport: Sendable {
  private let value: SiteCase

  /// The most rows of the table of sites.
  private static let rowLimit = 120

  /// A report of a case.
  public init(_ value: SiteCase) { self.value = value }

  /// What was found, in one sentence.
  public var finding: String {
    let comparison = value.comparison
    guard let chance = comparison.rotations.max(), let agreement = comparison.agreement else {
      return "one task cannot tell experts apart, and sites without common experts not either"
    }
    let pairs = comparison.blocks.reduce(0) { $0 + $1.pairs.count }
    return
      "\(pairs) matched pairs of experts score \(FixedDigits.text(comparison.score)) on average, "
      + "and at most \(FixedDigits.text(chance)) with the suspect's tasks rotated: an agreement of "
      + "\(FixedDigits.text(agreement)) beyond chance"
  }

  /// The report: verdict, finding, notes, limits, a row per site.
  ///
  /// - Parameters:
  ///   - width: The columns of a line, at least 60.
  ///   - colour: Whether to write escape sequences for colour; the words do not depend on it.
  public func render(width: Int = 100, colour: Bool) -> String {
    let width = max(width, 60)
    func paragraph(_ text: String, _ style: TextStyle) -> String {
      TextWidth.lines(of: TextWidth.harmless(text), width: width)
        .map { style.apply(to: $0, colour: colour) + "\n" }.joined()
    }
    let style: TextStyle = value.verdict == .matchesRouting ? .finding : .bold
    var text = paragraph(value.verdict.description, style)
    text += paragraph(finding, .plain)
    for note in value.notes { text += paragraph("note: \(note)", .plain) }
    for limit in value.limits { text += paragraph("limit: \(limit)", .plain) }
    return text + "\n" + table.render(width: width, colour: colour)
      + (value.comparison.blocks.count > Self.rowLimit
        ? paragraph("and \(value.comparison.blocks.count - Self.rowLimit) more sites", .faint) : "")
  }

  private var table: TextTable {
    if value.comparison.blocks.count == 1 { return pairTable(value.comparison.blocks[0]) }
    var table = TextTable([
      .leading("sites"), .trailing("experts"), .trailing("unmatched"), .trailing("score"),
      .leading("least alike"), .trailing("similarity"),
    ])
    for block in value.comparison.blocks.prefix(Self.rowLimit) {
      let least = block.pairs.min { $0.similarity < $1.similarity }
      let names = block.sites.prefix(3).map { value.suspect.sites[$0].name }
      table.append([
        TextTable.Cell(names.joined(separator: ", ") + (block.sites.count > 3 ? ", ..." : "")),
        TextTable.Cell("\(block.pairs.count)"), TextTable.Cell("\(block.unmatched.count)"),
        TextTable.Cell(FixedDigits.text(block.score)),
        TextTable.Cell(least.map { "\($0.suspect) as \($0.victim)" } ?? "none"),
        TextTable.Cell(least.map { FixedDigits.text($0.similarity) } ?? "-"),
      ])
    }
    return table
  }

  private func pairTable(_ block: SiteComparison.Block) -> TextTable {
    var table = TextTable([
      .leading("suspect expert"), .leading("matched with"), .trailing("similarity"),
      .trailing("margin"),
    ])
    for pair in block.pairs.prefix(Self.rowLimit) {
      table.append([
        TextTable.Cell(pair.suspect), TextTable.Cell(pair.victim),
        TextTable.Cell(FixedDigits.text(pair.similarity)),
        TextTable.Cell(pair.margin.map { FixedDigits.text($0) } ?? "-"),
      ])
    }
    for name in block.unmatched.prefix(Self.rowLimit) {
      table.append([TextTable.Cell(name), "none", "-", "-"])
    }
    return table
  }
}
