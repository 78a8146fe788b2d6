import Foundation
import Reports
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Charts as text: what they draw, where, and that names cannot break out.
@Suite struct ChartTests {
  private func markup(_ write: (inout MarkupWriter) -> Void) -> String {
    var page = MarkupWriter()
    write(&page)
    return page.markup
  }

  private func isWellFormed(_ markup: String) -> Bool {
    XMLParser(data: Data("<body>\(markup)</body>".utf8)).parse()
  }

  private let hostile = "<script>alert('&')</script>"

  private func heatMap(columns: [String] = ["one", "two"]) -> HeatMap {
    HeatMap(
      title: "Matrix", rowTitle: "victim expert", columnTitle: "suspect expert",
      rows: ["scene15", hostile], columns: columns, values: [[1, 0.25], [0.0004, 0.5]],
      outlined: [0, 1], feet: [HeatMap.Foot("margin", [0.75, nil])])
  }

  private var lines: LineChart {
    LineChart(
      title: "Lines", horizontal: .counts("samples a task", [5, 50, 500]),
      vertical: .similarity("similarity", covering: [-0.1]),
      series: [
        LineChart.Series(
          "RouteMark", SeriesStyle(0),
          [LineChart.Point(5, 0.9), LineChart.Point(50, 0.95), LineChart.Point(500, -0.1)]),
        LineChart.Series(
          "the paper", SeriesStyle(0),
          [LineChart.Point(5, ReferenceValue(0.94, .above)), LineChart.Point(500, 0.5)],
          isReference: true),
      ])
  }

  private var bars: BarChart {
    BarChart(
      title: "Bars", axis: .similarity("similarity", covering: [-0.2]),
      groups: [
        BarChart.Group(
          "pruned",
          [
            BarChart.Bar("PCS", SeriesStyle(3), -0.2, reference: ReferenceValue(0.3, .below)),
            BarChart.Bar("RouteMark", SeriesStyle(0), 0.96, reference: ReferenceValue(0.92)),
            BarChart.Bar("none", SeriesStyle(1), nil),
          ])
      ], referenceTitle: "the paper")
  }

  private func roc(_ scale: ROCChart.Scale) -> ROCChart {
    ROCChart(
      title: "ROC",
      curves: [
        ROCChart.Curve(
          "RouteMark", SeriesStyle(0), points: [(0, 0), (0, 0.5), (0.25, 1), (1, 1)], area: 0.9375)
      ], scale: scale)
  }

  private var strip: StripChart {
    StripChart(
      title: "Experts", axis: .similarity("similarity", covering: []),
      rows: [
        StripChart.Row(
          "reused", SeriesStyle(0), [1, 1, 0.9], note: "3 of 3", isFinding: false),
        StripChart.Row(hostile, SeriesStyle(1), [0.4], note: "0 of 1", isFinding: true),
      ], threshold: ChartAxis.Tick(0.8, "threshold 0.80"), noteTitle: "consistent with reuse")
  }

  @Test func chartsAreAsRecorded() throws {
    var page = MarkupWriter()
    page.raw(RawMarkup("<!DOCTYPE html>\n"))
    page.element(.html, .lang("en")) { page in
      page.head(title: "charts", sheets: [.standard, .charts])
      page.element(.body) { body in
        heatMap().write(to: &body)
        heatMap(columns: ["streetchars", "a name of more letters"]).write(to: &body)
        lines.write(to: &body)
        ChartLegend(lines.series).write(to: &body)
        bars.write(to: &body)
        roc(.linear).write(to: &body)
        roc(.logarithmic(least: 0.001)).write(to: &body)
        strip.write(to: &body)
      }
    }
    try expectSnapshot(page.markup + "\n", "charts.html")
  }

  @Test func everyChartIsWellFormedNamedAndHarmless() {
    let charts = [
      markup { heatMap(columns: [hostile, "two"]).write(to: &$0) }, markup { lines.write(to: &$0) },
      markup { bars.write(to: &$0) }, markup { roc(.linear).write(to: &$0) },
      markup { strip.write(to: &$0) },
    ]
    for chart in charts {
      #expect(isWellFormed(chart))
      #expect(!chart.contains("<script"))
      #expect(chart.contains("role=\"img\"><title>") || chart.contains("class=\"map\"><title>"))
      #expect(!chart.contains("style="), "the page's policy allows its style sheets only")
    }
  }

  @Test func aHeatMapPrintsItsNumbersAndOutlinesTheTopOfEachColumn() {
    let chart = markup { heatMap().write(to: &$0) }
    for number in ["1.000", "0.250", "0.000", "0.500", "0.750", "–"] {
      #expect(chart.contains(">\(number)</text>"), "\(number)")
    }
    #expect(chart.components(separatedBy: "class=\"top\"").count == 3)
    #expect(chart.contains("class=\"s20\"") && chart.contains("class=\"i20 small\">1.000"))
  }

  @Test func namesWiderThanACellAreTiltedAndCutWithTheWholeNameInATooltip() {
    #expect(!markup { heatMap().write(to: &$0) }.contains("rotate("))
    let chart = markup {
      heatMap(columns: ["streetchars", "a name of more letters"]).write(to: &$0)
    }
    #expect(chart.contains("rotate(-40 "))
    #expect(chart.contains("<title>a name of more letters</title>a name of mo…"))
  }

  @Test func seriesOfThePaperAreDashedAndHollowAndBoundsHaveAnArrow() {
    let chart = markup { lines.write(to: &$0) }
    #expect(chart.contains("curve dashed") && chart.contains("class=\"hollow\""))
    // One point of the two is a bound: one arrow's shaft and two of its barbs.
    let withoutBound = LineChart(
      title: "Lines", horizontal: lines.horizontal, vertical: lines.vertical,
      series: [
        lines.series[0],
        LineChart.Series(
          "the paper", SeriesStyle(0), [LineChart.Point(5, 0.94), LineChart.Point(500, 0.5)],
          isReference: true),
      ])
    #expect(chart != markup { withoutBound.write(to: &$0) })
    #expect(
      chart.components(separatedBy: "class=\"curve\"").count
        == markup { withoutBound.write(to: &$0) }.components(separatedBy: "class=\"curve\"").count
        + 1)
  }

  @Test func barsShowNumbersReferencesAndAbsence() {
    let chart = markup { bars.write(to: &$0) }
    for text in ["\u{2212}0.200", "0.960", "below 0.30", "0.920", "–"] {
      #expect(chart.contains(">\(text)</text>"), "\(text)")
    }
    #expect(chart.components(separatedBy: "class=\"reference\"").count == 3)
    #expect(chart.components(separatedBy: "class=\"bar ").count == 3)
  }

  @Test func areasAreInTheKey() {
    let chart = markup { roc(.linear).write(to: &$0) }
    #expect(chart.contains(">RouteMark, AUC 0.938</text>"))
    #expect(chart.contains(">guessing, AUC 0.500</text>"))
  }
}

@Suite struct ChartAxisTests {
  @Test func positionsRunFromZeroToOneAndStayInside() {
    let axis = ChartAxis.similarity("similarity", covering: [0.3])
    #expect(axis.range == 0...1)
    #expect(axis.position(of: 0.25) == 0.25)
    #expect(axis.position(of: -3) == 0 && axis.position(of: 3) == 1)
    #expect(axis.position(of: .nan) == 0)
  }

  @Test func negativeSimilaritiesLengthenTheAxisByWholeSteps() {
    let axis = ChartAxis.similarity("similarity", covering: [-0.25, 0.9])
    #expect(axis.range == -0.4...1)
    #expect(axis.ticks.map(\.label) == ["-0.4", "-0.2", "0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
  }

  @Test func countsOverATenfoldRangeStandAtEqualRatios() {
    let wide = ChartAxis.counts("samples", [5, 50, 500])
    #expect(wide.isLogarithmic)
    #expect(abs(wide.position(of: 50) - 0.5) < 1e-12)
    let narrow = ChartAxis.counts("experts", [1, 2, 3])
    #expect(!narrow.isLogarithmic)
    #expect(narrow.position(of: 2) == 0.5)
    #expect(ChartAxis.counts("one", [7]).position(of: 7) == 0.5)
  }
}

@Suite struct SeriesStyleTests {
  @Test func coloursOfSeriesHaveAContrastOfAtLeastThreeInBothModes() throws {
    for (sheet, grounds) in [
      (ChartStyle.text, [0xF7F7F5, 0xFFFFFF] as [UInt32])
    ] {
      let blocks = sheet.components(separatedBy: ":root{")
      try expectContrast(try #require(blocks.dropFirst(1).first), grounds)
      try expectContrast(try #require(blocks.dropFirst(2).first), [0x11151A, 0x191F26])
    }
  }

  private func expectContrast(_ block: String, _ grounds: [UInt32]) throws {
    for index in 0..<7 {
      let start = try #require(block.range(of: "--c\(index):#"))
      let value = try #require(UInt32(block[start.upperBound...].prefix(6), radix: 16))
      for ground in grounds {
        let contrast = ColourScale.contrast(
          ColourScale.Colour(value: value), ColourScale.Colour(value: ground))
        #expect(contrast >= 3, "series \(index)")
      }
    }
  }

  @Test func everySeriesHasAMarkerOfItsOwn() {
    let markers = (0..<7).map { index in
      var page = MarkupWriter()
      ChartLegend([
        LineChart.Series("a", SeriesStyle(index), [LineChart.Point(0, 0)])
      ]).write(to: &page)
      return page.markup.components(separatedBy: "class=\"point\"").last ?? ""
    }
    #expect(Set(markers).count == 7)
  }
}
