import Attribution

/// A case as text for a terminal.
///
///     print(try TextReport(attributionCase).render(width: 100, colour: false))
public struct TextReport: Sendable {
  let report: ReportCase

  /// The most lines a matrix may take; larger ones are shown as the best three of each column.
  private static let matrixLineLimit = 120
  private static let nameColumns = 20

  /// Checks that the parts of a case fit each other.
  ///
  /// - Parameter isNew: Whether the case was just computed, not read: then there is nothing to check.
  /// - Throws: what `AttributionCase.discrepancies()` throws.
  public init(_ attributionCase: AttributionCase, isNew: Bool = false) throws {
    report = try ReportCase(attributionCase, isNew: isNew)
  }

  /// The report: verdict, limit, what null experts say, an expert a row, intervals over
  /// probe images, similarity matrix, thresholds.
  ///
  /// - Parameters:
  ///   - width: The columns of a line, at least 60.
  ///   - colour: Whether to write escape sequences for colour; the words do not depend on it.
  public func render(width: Int = 100, colour: Bool) -> String {
    let width = max(width, 60)
    var blocks: [String] = []
    if let warning = report.discrepancyWarning {
      blocks.append(paragraph("WARNING: \(warning)", .caution, width, colour))
    }
    blocks.append(verdict(width, colour))
    if let exact = report.exact {
      let table = ExactTable(exact)
      blocks.append(table.table(width, colour) + table.remedies(width, colour))
    }
    blocks.append(contentsOf: calibration(width, colour))
    blocks.append(experts(width, colour))
    blocks.append(intervals(width, colour))
    blocks.append(contentsOf: matrix(width, colour))
    blocks.append(
      paragraph("thresholds: \(report.thresholdLine)", .faint, width, colour)
        + paragraph(report.errorRate, .faint, width, colour))
    return blocks.joined(separator: "\n")
  }

  func paragraph(
    _ text: String, _ style: TextStyle, _ width: Int, _ colour: Bool
  ) -> String {
    TextWidth.lines(of: TextWidth.harmless(text), width: width)
      .map { style.apply(to: $0, colour: colour) + "\n" }.joined()
  }

  private func verdict(_ width: Int, _ colour: Bool) -> String {
    let words = report.headline.words
    let style = report.headline.style == .plain ? .bold : report.headline.style
    let notes = (report.attributionCase.notes + report.routingNotes).map {
      paragraph("note: \($0)", .plain, width, colour)
    }
    return paragraph(words, style, width, colour)
      + paragraph(report.sentence.capitalisedFirst, .plain, width, colour)
      + notes.joined()
      + paragraph("limit: \(report.limit)", .plain, width, colour)
  }

  private func experts(_ width: Int, _ colour: Bool) -> String {
    var table = TextTable([
      .leading("suspect expert"),
      .leading(report.similarityVerdictTitle.lowercased(), canShrink: false),
      .leading("top-1 expert"), .trailing("top-1"), .leading("runner-up"), .trailing("second"),
      .trailing("margin"),
    ])
    for attribution in report.attributions {
      let kind = VerdictKind(attribution.verdict)
      table.append([
        TextTable.Cell(attribution.suspectExpert), TextTable.Cell(kind.words, kind.style),
        TextTable.Cell(attribution.topOneExpert),
        TextTable.Cell(report.number(attribution.similarity)),
        TextTable.Cell(attribution.runnerUpExpert ?? "none"),
        TextTable.Cell(attribution.runnerUpSimilarity.map(report.number) ?? "-"),
        TextTable.Cell(attribution.attributionMargin.map(report.number) ?? "-"),
      ])
    }
    return table.render(width: width, colour: colour) + reasons(width, colour)
  }

  private func intervals(_ width: Int, _ colour: Bool) -> String {
    guard let intervals = report.intervalTable else {
      return paragraph(ReportCase.noIntervals, .faint, width, colour)
    }
    var table = TextTable(
      [.leading("suspect expert")] + intervals.titles.map { .trailing($0) })
    for row in intervals.rows {
      table.append(
        [TextTable.Cell(row.expert)] + row.intervals.map { TextTable.Cell($0?.text ?? "-") })
    }
    return paragraph(intervals.caption, .faint, width, colour)
      + table.render(width: width, colour: colour)
  }

  /// Why experts are inconclusive, one line a reason.
  private func reasons(_ width: Int, _ colour: Bool) -> String {
    InconclusiveReason.allCases.map { reason in
      let names = report.attributions.filter { $0.verdict == .inconclusive(reason) }
        .map(\.suspectExpert)
      guard !names.isEmpty else { return "" }
      let subject = names.count > 8 ? "\(names.count) experts" : names.joined(separator: ", ")
      return paragraph("\(subject): inconclusive: \(reason.explanation)", .faint, width, colour)
    }.joined()
  }

  private func matrix(_ width: Int, _ colour: Bool) -> [String] {
    let names = report.attributionCase.matrix.suspectExperts.map(TextWidth.harmless)
    let rowNames = report.attributionCase.matrix.victimExperts.map(TextWidth.harmless)
    let label = min(max(rowNames.map(TextWidth.of).max() ?? 0, 16), Self.nameColumns)
    // A number with its mark takes six columns; two more keep columns apart.
    let widest = min(max(names.map(TextWidth.of).max() ?? 0, 6), 12)
    let fitting = max((width - label) / (widest + 2), 1)
    let blockCount = (names.count + fitting - 1) / fitting
    // Blocks of nearly equal size, rather than a last one with a single column.
    let perBlock = (names.count + blockCount - 1) / blockCount
    guard blockCount * (rowNames.count + 2) <= Self.matrixLineLimit else {
      return [bestThree(width, colour)]
    }
    return stride(from: 0, to: names.count, by: perBlock).map { start in
      let columns = start..<min(start + perBlock, names.count)
      return block(columns, nameWidth: widest, labelWidth: label, width: width, colour: colour)
    }
  }

  private func block(
    _ columns: Range<Int>, nameWidth: Int, labelWidth: Int, width: Int, colour: Bool
  ) -> String {
    let matrix = report.attributionCase.matrix
    let part =
      columns.count < matrix.suspectExperts.count
      ? ", columns \(columns.lowerBound) to \(columns.upperBound - 1)" : ""
    var table = TextTable(
      [.leading("victim \\ suspect", canShrink: false)]
        + columns.map { column in
          let name = TextWidth.harmless(matrix.suspectExperts[column])
          return .trailing(TextWidth.cut(name, to: nameWidth))
        })
    for (row, name) in matrix.victimExperts.enumerated() {
      let label = TextWidth.cut(TextWidth.harmless(name), to: labelWidth)
      table.append(
        [TextTable.Cell(label)]
          + columns.map { column in
            let number = report.number(matrix.similarity[row][column])
            let isTop = report.attributions[column].topOneIndex == row
            return isTop ? TextTable.Cell("*\(number)", .bold) : TextTable.Cell(number)
          })
    }
    return paragraph("similarity (* is a column's top-1\(part))", .faint, width, colour)
      + table.render(width: width, colour: colour)
  }

  private func bestThree(_ width: Int, _ colour: Bool) -> String {
    let matrix = report.attributionCase.matrix
    var table = TextTable([
      .leading("suspect expert"), .leading("first"), .trailing(""), .leading("second"),
      .trailing(""), .leading("third"), .trailing(""),
    ])
    for (column, name) in matrix.suspectExperts.enumerated() {
      let profile = matrix.profile(ofSuspectExpert: column)
      let order = profile.indices.sorted {
        profile[$0] != profile[$1] ? profile[$0] > profile[$1] : $0 < $1
      }
      let best = (0..<3).flatMap { place -> [TextTable.Cell] in
        guard place < order.count else { return ["", ""] }
        return [
          TextTable.Cell(matrix.victimExperts[order[place]]),
          TextTable.Cell(report.number(profile[order[place]])),
        ]
      }
      table.append([TextTable.Cell(name)] + best)
    }
    let size = "\(matrix.victimExperts.count) x \(matrix.suspectExperts.count)"
    return paragraph(
      "similarity (the best three of each suspect expert; the whole \(size) matrix is in the case "
        + "and in the HTML report)", .faint, width, colour)
      + table.render(width: width, colour: colour)
  }
}

extension VerdictKind {
  /// How the verdict stands out on a terminal.
  var style: TextStyle {
    switch self {
    case .identical, .consistent: .finding
    case .leaning, .matches, .unlike: .caution
    case .inconclusive: .caution
    case .noEvidence: .plain
    case .notApplicable: .caution
    }
  }
}
