/// A matrix with names on both sides and its numbers in the cells.
package struct HeatMap: Sendable {
  package let title: String
  /// What a row is.
  package let rowTitle: String
  /// What a column is.
  package let columnTitle: String
  package let rows: [String]
  package let columns: [String]
  /// `[rows, columns]`.
  package let values: [[Double]]
  /// The values of the first and of the last colour.
  package let domain: ClosedRange<Double>
  package let digits: Int
  /// The row that is outlined in each column; none when empty.
  package let outlined: [Int]
  /// What is said of whole columns, below them.
  package let feet: [Foot]

  /// A number for each column.
  package struct Foot: Sendable, Hashable {
    package let title: String
    package let values: [Double?]

    package init(_ title: String, _ values: [Double?]) {
      self.title = title
      self.values = values
    }
  }

  /// A matrix.
  ///
  /// - Precondition: there is a value for each row and column.
  package init(
    title: String, rowTitle: String, columnTitle: String, rows: [String], columns: [String],
    values: [[Double]], domain: ClosedRange<Double> = 0...1, digits: Int = 3, outlined: [Int] = [],
    feet: [Foot] = []
  ) {
    precondition(
      values.count == rows.count && values.allSatisfy { $0.count == columns.count },
      "a value for each row and column")
    self.title = title
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.rows = rows
    self.columns = columns
    self.values = values
    self.domain = domain
    self.digits = digits
    self.outlined = outlined
    self.feet = feet
  }

  private static let left = 96
  private static let cellHeight = 28
  private static let footHeight = 18
  private static let tilt = 40
  /// Columns of text that a tilted name may take, and its extent to the right and upwards.
  private static let tiltedColumns = 13
  private static let tiltedRight = 64

  private var cellWidth: Int { digits > 2 ? 48 : 33 }

  /// Whether some name of a column is wider than it.
  private var isTilted: Bool {
    columns.contains { ChartText.width($0) > Double(cellWidth - 4) }
  }
  private var bottom: Int { top + rows.count * Self.cellHeight }
  private var top: Int {
    guard isTilted else { return 44 }
    let longest = columns.map { min(TextWidth.of($0), Self.tiltedColumns) }.max() ?? 0
    // The sine of the tilt is about two thirds.
    return 34 + Int(Double(longest) * ChartText.columnWidth * 2 / 3)
  }

  /// The colour of a value, one of the scale's steps.
  private func step(_ value: Double) -> Int {
    let length = domain.upperBound - domain.lowerBound
    return ColourScale.step(at: length > 0 ? (value - domain.lowerBound) / length : 0)
  }

  /// Draws the matrix.
  package func write(to page: inout MarkupWriter) {
    let right = isTilted ? Self.tiltedRight - cellWidth / 2 : 4
    let width = max(Self.left + columns.count * cellWidth + right, 240)
    let height = bottom + feet.count * Self.footHeight + 26
    page.element(
      .svg, .viewBox(width: width, height: height), .width(width), .height(height), .role("img"),
      .classes("map")
    ) { svg in
      svg.element(.title, text: "\(title): \(rowTitle) by \(columnTitle)")
      svg.chartName(title, x: 2, y: 14, width: width - 4, classes: "strong")
      writeNames(to: &svg)
      for row in rows.indices {
        for column in columns.indices { writeCell(row, column, to: &svg) }
      }
      writeFeet(to: &svg)
      for (column, row) in outlined.enumerated() where rows.indices.contains(row) {
        let (x, y) = (Self.left + column * cellWidth, top + row * Self.cellHeight)
        svg.element(
          .rect, .classes("top"), .hollow, .outlined, .x(x + 2), .y(y + 2), .width(cellWidth - 5),
          .height(Self.cellHeight - 5))
      }
    }
    page.lineFeed()
  }

  private func writeNames(to svg: inout MarkupWriter) {
    svg.element(
      .text, .x(Self.left - 8), .y(top - 8), .anchor("end"), .classes("quiet small"),
      text: rowTitle)
    for (row, name) in rows.enumerated() {
      svg.chartName(
        name, x: Self.left - 8, y: top + row * Self.cellHeight + 18, width: Self.left - 10,
        anchor: "end")
    }
    for (column, name) in columns.enumerated() {
      let x = Self.left + column * cellWidth + cellWidth / 2
      guard isTilted else {
        svg.element(.text, .x(x), .y(top - 8), .anchor("middle"), text: name)
        continue
      }
      let short = TextWidth.cut(name, to: Self.tiltedColumns)
      svg.element(.text, .x(x), .y(top - 6), .turned(-Self.tilt, x: x, y: top - 6)) { text in
        if short != name { text.element(.title, text: name) }
        text.text(short)
      }
    }
    svg.element(
      .text, .x(Self.left + columns.count * cellWidth / 2),
      .y(bottom + feet.count * Self.footHeight + 18), .anchor("middle"), .classes("quiet small"),
      text: columnTitle)
  }

  private func writeFeet(to svg: inout MarkupWriter) {
    for (index, foot) in feet.enumerated() {
      let y = bottom + index * Self.footHeight + 15
      svg.element(
        .text, .x(Self.left - 8), .y(y), .anchor("end"), .classes("quiet small"), text: foot.title)
      for (column, value) in foot.values.enumerated() {
        svg.element(
          .text, .x(Self.left + column * cellWidth + (cellWidth - 1) / 2), .y(y),
          .anchor("middle"), .classes("small"),
          text: value.map { MarkupWriter.typographic(FixedDigits.text($0, digits: digits)) } ?? "–")
      }
    }
  }

  private func writeCell(_ row: Int, _ column: Int, to svg: inout MarkupWriter) {
    let value = values[row][column]
    let (x, y) = (Self.left + column * cellWidth, top + row * Self.cellHeight)
    let step = step(value)
    svg.element(
      .rect, .classes("\(ColourScale.sequential.letter)\(step)"), .x(x), .y(y),
      .width(cellWidth - 1), .height(Self.cellHeight - 1))
    svg.element(
      .text, .x(x + (cellWidth - 1) / 2), .y(y + 18), .anchor("middle"), .classes("i\(step) small"),
      text: MarkupWriter.typographic(FixedDigits.text(value, digits: digits)))
  }
}
