/// Lines over a common axis; series of a publication are dashed, with hollow markers.
package struct LineChart: Sendable {
  /// A point of a series.
  package struct Point: Sendable, Hashable {
    package let x: Double
    package let y: ReferenceValue

    /// A measured point.
    package init(_ x: Double, _ y: Double) {
      self.init(x, ReferenceValue(y))
    }

    /// A point that is stated.
    package init(_ x: Double, _ y: ReferenceValue) {
      self.x = x
      self.y = y
    }
  }

  /// One line.
  package struct Series: Sendable, Hashable {
    package let name: String
    package let style: SeriesStyle
    package let points: [Point]
    /// Whether the numbers are another publication's.
    package let isReference: Bool
    /// The places that bear the series' marker.
    package let marked: [Point]

    package init(
      _ name: String, _ style: SeriesStyle, _ points: [Point], isReference: Bool = false,
      marked: [Point]? = nil
    ) {
      self.name = name
      self.style = style
      self.points = points
      self.isReference = isReference
      self.marked = marked ?? points
    }
  }

  /// Where the names of series are.
  package enum Legend: Sendable {
    case right, none
  }

  package let title: String
  package let horizontal: ChartAxis
  package let vertical: ChartAxis
  package let series: [Series]
  /// The size of the plot alone.
  package let size: (width: Int, height: Int)
  package let legend: Legend

  package init(
    title: String, horizontal: ChartAxis, vertical: ChartAxis, series: [Series],
    size: (width: Int, height: Int) = (480, 260), legend: Legend = .right
  ) {
    self.title = title
    self.horizontal = horizontal
    self.vertical = vertical
    self.series = series.filter { !$0.points.isEmpty }
    self.size = size
    self.legend = legend
  }

  private static let left = 44
  private static let top = 48

  /// Room for the key at the right.
  private var legendWidth: Int {
    let widest = series.map { ChartText.width($0.name) }.max() ?? 0
    return 24 + ChartKey.markWidth + Int(widest) + 4
  }

  /// Draws the chart.
  package func write(to page: inout MarkupWriter) {
    let right = legend == .right ? legendWidth : 18
    let width = Self.left + size.width + right
    let height = Self.top + size.height + PlotArea.footHeight
    page.element(
      .svg, .viewBox(width: width, height: height), .width(width), .height(height), .role("img")
    ) { svg in
      svg.element(.title, text: "\(title): \(series.map(\.name).joined(separator: ", "))")
      svg.chartName(title, x: 2, y: 14, width: width - 4, classes: "strong")
      let plot = PlotArea(
        left: Self.left, top: Self.top, width: size.width, height: size.height,
        horizontal: horizontal, vertical: vertical)
      plot.write(to: &svg)
      // The last drawn lies on top: the first series is the one to see.
      for line in series.reversed() { write(line, in: plot, to: &svg) }
      guard legend == .right else { return }
      for (row, line) in series.enumerated() {
        ChartKey(series: line).write(
          x: Self.left + size.width + 24, y: Self.top + 10 + 22 * row,
          width: legendWidth - 24, to: &svg)
      }
    }
    page.lineFeed()
  }

  private func write(_ line: Series, in plot: PlotArea, to svg: inout MarkupWriter) {
    let places = line.points.map { (plot.x($0.x), plot.y($0.y.value)) }
    svg.element(.g, .classes(line.style.className)) { group in
      let outline = places.enumerated().map { index, place in
        "\(index == 0 ? "M" : "L")\(ChartNumber.text(place.0)) \(ChartNumber.text(place.1))"
      }.joined()
      group.element(
        .path, .classes(line.isReference ? "curve dashed" : "curve"), .hollow, .outlined,
        .data(outline))
      guard !line.marked.isEmpty else { return }
      let markers = line.marked.map {
        line.style.marker(x: plot.x($0.x), y: plot.y($0.y.value))
      }.joined()
      group.element(.path, .classes(line.isReference ? "hollow" : "point"), .data(markers))
      let arrows = zip(line.points, places).map {
        $0.y.arrow(x: $1.0, y: $1.1, isVertical: true)
      }.joined()
      if !arrows.isEmpty {
        group.element(.path, .classes("curve"), .hollow, .outlined, .data(arrows))
      }
    }
  }
}

/// The key to one series: a piece of its line, its marker and its name.
struct ChartKey {
  let series: LineChart.Series

  static let markWidth = 34

  /// Draws the key; `y` is its middle.
  func write(x: Int, y: Int, width: Int, to svg: inout MarkupWriter) {
    let style = series.style
    svg.element(.g, .classes(style.className)) { group in
      group.element(
        .path, .classes(series.isReference ? "curve dashed" : "curve"), .hollow, .outlined,
        .data("M\(x) \(y)h\(Self.markWidth - 8)"))
      guard !series.marked.isEmpty else { return }
      let middle = Double(x) + Double(Self.markWidth - 8) / 2
      group.element(
        .path, .classes(series.isReference ? "hollow" : "point"),
        .data(style.marker(x: middle, y: Double(y))))
    }
    svg.chartName(series.name, x: x + Self.markWidth, y: y + 4, width: width - Self.markWidth)
  }
}

/// A key of several series in a row, for charts that share it.
package struct ChartLegend: Sendable {
  package let series: [LineChart.Series]

  package init(_ series: [LineChart.Series]) {
    self.series = series
  }

  /// Draws the key in rows of at most 1000 pixels.
  package func write(to page: inout MarkupWriter) {
    var places: [(x: Int, y: Int, width: Int)] = []
    var (x, y) = (2, 12)
    for line in series {
      let width = ChartKey.markWidth + Int(ChartText.width(line.name)) + 20
      if x > 2, x + width > 1000 { (x, y) = (2, y + 22) }
      places.append((x, y, width))
      x += width
    }
    let width = max(places.map { $0.x + $0.width }.max() ?? 0, 1)
    page.element(
      .svg, .viewBox(width: width, height: y + 12), .width(width), .height(y + 12), .role("img")
    ) { svg in
      svg.element(.title, text: "Key: \(series.map(\.name).joined(separator: ", "))")
      for (line, place) in zip(series, places) {
        ChartKey(series: line).write(x: place.x, y: place.y, width: place.width, to: &svg)
      }
    }
    page.lineFeed()
  }
}
