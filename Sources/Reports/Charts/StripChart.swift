/// Every value as a dot, a row for each kind; equal values lie above each other.
package struct StripChart: Sendable {
  /// Values of a kind.
  package struct Row: Sendable, Hashable {
    package let name: String
    package let style: SeriesStyle
    package let values: [Double]
    /// What is said at the row's end.
    package let note: String
    /// Whether the note is a finding.
    package let isFinding: Bool

    package init(
      _ name: String, _ style: SeriesStyle, _ values: [Double], note: String, isFinding: Bool
    ) {
      self.name = name
      self.style = style
      self.values = values
      self.note = note
      self.isFinding = isFinding
    }
  }

  package let title: String
  package let axis: ChartAxis
  package let rows: [Row]
  /// A line across all rows.
  package let threshold: ChartAxis.Tick
  /// What the notes are.
  package let noteTitle: String

  package init(
    title: String, axis: ChartAxis, rows: [Row], threshold: ChartAxis.Tick, noteTitle: String
  ) {
    self.title = title
    self.axis = axis
    self.rows = rows
    self.threshold = threshold
    self.noteTitle = noteTitle
  }

  private static let left = 262
  private static let plotWidth = 560
  private static let top = 58
  private static let pitch = 48
  private static let width = left + plotWidth + 230

  private func x(_ value: Double) -> Double {
    Double(Self.left) + axis.position(of: value) * Double(Self.plotWidth)
  }

  /// Draws the chart.
  package func write(to page: inout MarkupWriter) {
    let plotHeight = rows.count * Self.pitch
    let height = Self.top + plotHeight + PlotArea.footHeight
    page.element(
      .svg, .viewBox(width: Self.width, height: height), .width(Self.width), .height(height),
      .role("img")
    ) { svg in
      svg.element(.title, text: "\(title): \(rows.map(\.name).joined(separator: ", "))")
      svg.chartName(title, x: 2, y: 14, width: Self.width - 4, classes: "strong")
      writeFrame(plotHeight, to: &svg)
      for (index, row) in rows.enumerated() {
        write(row, middle: Self.top + index * Self.pitch + Self.pitch / 2, to: &svg)
      }
    }
    page.lineFeed()
  }

  private func writeFrame(_ plotHeight: Int, to svg: inout MarkupWriter) {
    let bottom = Self.top + plotHeight
    let rules = (0...rows.count).map {
      "M\(Self.left) \(Self.top + $0 * Self.pitch)h\(Self.plotWidth)"
    }
    svg.element(.path, .classes("grid"), .data(rules.joined()))
    for tick in axis.ticks {
      svg.element(
        .text, .x(Int(x(tick.value).rounded())), .y(bottom + 17), .anchor("middle"),
        .classes("quiet"), text: MarkupWriter.typographic(tick.label))
    }
    svg.element(
      .text, .x(Self.left + Self.plotWidth / 2), .y(bottom + 34), .anchor("middle"),
      .classes("quiet"), text: axis.title)
    let line = x(threshold.value)
    svg.element(
      .path, .classes("threshold"), .hollow, .outlined,
      .data("M\(ChartNumber.text(line)) \(Self.top - 6)v\(plotHeight + 6)"))
    svg.element(
      .text, .x(Int(line.rounded())), .y(Self.top - 12), .anchor("middle"),
      .classes("quiet small"), text: threshold.label)
    svg.element(
      .text, .x(Self.left + Self.plotWidth + 22), .y(Self.top - 12), .classes("quiet small"),
      text: noteTitle)
  }

  private func write(_ row: Row, middle: Int, to svg: inout MarkupWriter) {
    svg.chartName(
      row.name, x: Self.left - 14, y: middle + 4, width: Self.left - 16, anchor: "end")
    svg.element(
      .path, .classes("dot \(row.style.className)"), .data(dots(row.values, middle: middle)))
    svg.element(
      .text, .x(Self.left + Self.plotWidth + 22), .y(middle + 4),
      .classes(row.isFinding ? "strong finding" : "strong"), text: row.note)
  }

  /// Dots of one row: those that would cover each other are stacked around the middle.
  private func dots(_ values: [Double], middle: Int) -> String {
    var stacks: [Int: [Double]] = [:]
    for value in values.sorted() {
      let place = x(value)
      stacks[Int((place / 7).rounded()), default: []].append(place)
    }
    let highest = stacks.values.map(\.count).max() ?? 1
    let step = min(7, Double(Self.pitch - 14) / Double(max(highest - 1, 1)))
    return stacks.sorted { $0.key < $1.key }.flatMap { _, places in
      places.enumerated().map { index, place in
        let y = Double(middle) + (Double(index) - Double(places.count - 1) / 2) * step
        return "M\(ChartNumber.text(place - 3.5)) \(ChartNumber.text(y))"
          + "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"
      }
    }.joined()
  }
}
