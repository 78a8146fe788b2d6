import Calibration
import Statistics

/// A row for each suspect expert: where it lies among the nulls of the victim expert it was tested against.
struct NullDistributionChart: Sendable {
  /// One comparison; all values are cosines.
  private struct Row {
    let name: String
    let nulls: [Double]
    let suspect: Double
    /// The value whose tail is the level; `nil` where no tail could be fitted.
    let critical: Double?
    let pValue: Double?
    let isFinding: Bool
  }

  private let rows: [Row]
  private let axis: ChartAxis

  private static let left = 206
  private static let plotWidth = 640
  private static let top = 30
  private static let pitch = 30
  private static let width = left + plotWidth + 110

  /// The tested experts and the model as a whole.
  ///
  /// - Returns: `nil` when nothing was tested.
  init?(_ evidence: CalibratedEvidence, options: CalibrationOptions) {
    func row(_ name: String, _ test: ReuseTest?, _ p: Double?, _ isFinding: Bool) -> Row? {
      test.map { test in
        Row(
          name: name, nulls: test.scores.leaveOneOut,
          suspect: FisherZ.cosine(test.scores.suspectZ),
          critical: test.tail?.criticalScore(
            options.consistentLevel, victimExpert: test.scores.victimExpert),
          pValue: p, isFinding: isFinding)
      }
    }
    rows =
      evidence.decisions.compactMap { decision in
        let name =
          decision.suspectExpert == decision.victimExpert
          ? decision.suspectExpert : "\(decision.suspectExpert) (\(decision.victimExpert))"
        return row(
          name, decision.test, decision.pValue, VerdictKind(decision.verdict) == .unlike)
      }
      + [
        row(
          "model as a whole", evidence.model.test, evidence.model.pValue,
          VerdictKind(evidence.model.verdict) == .unlike)
      ].compactMap { $0 }
    guard !rows.isEmpty else { return nil }
    axis = .similarity("residual similarity", covering: rows.flatMap { $0.nulls + [$0.suspect] })
  }

  private func x(_ value: Double) -> Double {
    Double(Self.left) + axis.position(of: value) * Double(Self.plotWidth)
  }

  /// Draws the chart.
  func write(to page: inout MarkupWriter) {
    let plotHeight = rows.count * Self.pitch
    page.element(
      .svg, .viewBox(width: Self.width, height: Self.top + plotHeight + PlotArea.footHeight),
      .width(Self.width), .height(Self.top + plotHeight + PlotArea.footHeight), .role("img")
    ) { svg in
      svg.element(
        .title, text: "Null distributions of \(rows.map(\.name).joined(separator: ", "))")
      let rules = (0...rows.count).map {
        "M\(Self.left) \(Self.top + $0 * Self.pitch)h\(Self.plotWidth)"
      }
      svg.element(.path, .classes("grid"), .data(rules.joined()))
      for tick in axis.ticks {
        svg.element(
          .text, .x(Int(x(tick.value).rounded())), .y(Self.top + plotHeight + 17),
          .anchor("middle"), .classes("quiet"), text: MarkupWriter.typographic(tick.label))
      }
      svg.element(
        .text, .x(Self.left + Self.plotWidth / 2), .y(Self.top + plotHeight + 34),
        .anchor("middle"), .classes("quiet"), text: axis.title)
      svg.element(
        .text, .x(Self.left + Self.plotWidth + 22), .y(Self.top - 12), .classes("quiet small"),
        text: "tail p")
      for (index, row) in rows.enumerated() {
        write(row, middle: Self.top + index * Self.pitch + Self.pitch / 2, to: &svg)
      }
    }
    page.lineFeed()
  }

  private func write(_ row: Row, middle: Int, to svg: inout MarkupWriter) {
    svg.chartName(
      row.name, x: Self.left - 14, y: middle + 4, width: Self.left - 16, anchor: "end")
    let dots = row.nulls.sorted().map { value in
      "M\(ChartNumber.text(x(value) - 3.5)) \(middle)a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z"
    }
    svg.element(.path, .classes("dot \(SeriesStyle(5).className)"), .data(dots.joined()))
    if let critical = row.critical {
      svg.element(
        .path, .classes("threshold"), .hollow, .outlined,
        .data("M\(ChartNumber.text(x(critical))) \(middle - 12)v24"))
    }
    svg.element(
      .path, .classes("suspect"), .hollow, .outlined,
      .data("M\(ChartNumber.text(x(1) - 5)) \(middle)a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z"))
    svg.element(
      .path, .classes("dot \(SeriesStyle(1).className)"),
      .data(SeriesStyle(2).marker(x: x(row.suspect), y: Double(middle))))
    svg.element(
      .text, .x(Self.left + Self.plotWidth + 22), .y(middle + 4),
      .classes(row.isFinding ? "strong finding" : "strong"),
      text: row.pValue.map(PValueText.of) ?? "–")
  }
}
