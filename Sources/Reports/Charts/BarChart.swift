/// Bars in groups, named at their side and with their numbers in columns, so that no key is needed.
///
/// A reference value is a mark across its bar.
package struct BarChart: Sendable {
  /// One bar.
  package struct Bar: Sendable, Hashable {
    package let name: String
    package let style: SeriesStyle
    /// `nil` where there is no such number.
    package let value: Double?
    package let reference: ReferenceValue?

    package init(
      _ name: String, _ style: SeriesStyle, _ value: Double?, reference: ReferenceValue? = nil
    ) {
      self.name = name
      self.style = style
      self.value = value
      self.reference = reference
    }
  }

  /// Bars with a heading.
  package struct Group: Sendable, Hashable {
    package let title: String
    package let bars: [Bar]

    package init(_ title: String, _ bars: [Bar]) {
      self.title = title
      self.bars = bars
    }
  }

  package let title: String
  package let axis: ChartAxis
  package let groups: [Group]
  /// What the column of reference values is called.
  package let referenceTitle: String

  package init(title: String, axis: ChartAxis, groups: [Group], referenceTitle: String) {
    self.title = title
    self.axis = axis
    self.groups = groups
    self.referenceTitle = referenceTitle
  }

  private static let left = 150
  private static let plotWidth = 520
  private static let top = 50
  private static let groupHeight = 30
  private static let pitch = 19
  private static let width = left + plotWidth + 180

  private var plotHeight: Int {
    groups.reduce(0) { $0 + Self.groupHeight + $1.bars.count * Self.pitch } + 8
  }

  private func x(_ value: Double) -> Double {
    Double(Self.left) + axis.position(of: value) * Double(Self.plotWidth)
  }

  /// Draws the chart.
  package func write(to page: inout MarkupWriter) {
    let height = Self.top + plotHeight + PlotArea.footHeight
    page.element(
      .svg, .viewBox(width: Self.width, height: height), .width(Self.width), .height(height),
      .role("img")
    ) { svg in
      svg.element(.title, text: "\(title): \(groups.map(\.title).joined(separator: ", "))")
      svg.chartName(title, x: 2, y: 14, width: Self.width - 4, classes: "strong")
      writeFrame(to: &svg)
      var y = Self.top
      for group in groups {
        svg.chartName(group.title, x: 2, y: y + 22, width: Self.left + 300, classes: "strong")
        y += Self.groupHeight
        writeRules(y: y, height: group.bars.count * Self.pitch, to: &svg)
        for bar in group.bars {
          write(bar, y: y, to: &svg)
          y += Self.pitch
        }
      }
    }
    page.lineFeed()
  }

  /// Grid and axis beside the bars of a group, not through its heading.
  private func writeRules(y: Int, height: Int, to svg: inout MarkupWriter) {
    let grid = axis.ticks.map { "M\(ChartNumber.text(x($0.value))) \(y)v\(height)" }
    svg.element(.path, .classes("grid"), .data(grid.joined()))
    svg.element(.path, .classes("axis"), .data("M\(ChartNumber.text(x(0))) \(y)v\(height)"))
  }

  private func writeFrame(to svg: inout MarkupWriter) {
    let bottom = Self.top + plotHeight
    for tick in axis.ticks {
      svg.element(
        .text, .x(Int(x(tick.value).rounded())), .y(bottom + 17), .anchor("middle"),
        .classes("quiet"), text: MarkupWriter.typographic(tick.label))
    }
    svg.element(
      .text, .x(Self.left + Self.plotWidth / 2), .y(bottom + 34), .anchor("middle"),
      .classes("quiet"), text: axis.title)
    let columns = [("here", 64), (referenceTitle, 162)]
    for (title, offset) in columns {
      svg.element(
        .text, .x(Self.left + Self.plotWidth + offset), .y(Self.top - 8), .anchor("end"),
        .classes("quiet"), text: title)
    }
  }

  private func write(_ bar: Bar, y: Int, to svg: inout MarkupWriter) {
    let right = Self.left + Self.plotWidth
    svg.chartName(bar.name, x: Self.left - 10, y: y + 13, width: Self.left - 12, anchor: "end")
    if let value = bar.value {
      let (start, end) = (min(x(0), x(value)), max(x(0), x(value)))
      svg.element(
        .path, .classes("bar \(bar.style.className)"),
        .data(
          "M\(ChartNumber.text(start)) \(y + 3)H\(ChartNumber.text(max(end, start + 1)))v12"
            + "H\(ChartNumber.text(start))z"))
    }
    svg.element(
      .text, .x(right + 64), .y(y + 13), .anchor("end"),
      text: bar.value.map { MarkupWriter.typographic(FixedDigits.text($0)) } ?? "–")
    svg.element(
      .text, .x(right + 162), .y(y + 13), .anchor("end"), .classes("quiet"),
      text: bar.reference?.text ?? "–")
    guard let reference = bar.reference else { return }
    let place = x(reference.value)
    svg.element(
      .path, .classes("reference"), .hollow, .outlined,
      .data(
        "M\(ChartNumber.text(place)) \(y)v18"
          + reference.arrow(x: place, y: Double(y + 9), isVertical: false)))
  }
}
