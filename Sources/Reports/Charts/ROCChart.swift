/// ROC curves: of all thresholds, the share found over the share wrongly accused.
package struct ROCChart: Sendable {
  /// One method.
  package struct Curve: Sendable {
    package let name: String
    package let style: SeriesStyle
    /// From (0, 0) to (1, 1).
    package let points: [(falsePositiveRate: Double, truePositiveRate: Double)]
    /// The area under the curve.
    package let area: Double

    package init(
      _ name: String, _ style: SeriesStyle,
      points: [(falsePositiveRate: Double, truePositiveRate: Double)], area: Double
    ) {
      self.name = name
      self.style = style
      self.points = points
      self.area = area
    }
  }

  /// How false positive rates are spread.
  package enum Scale: Sendable, Hashable {
    case linear
    /// From `least` on; what is below, and zero, stands at its left end.
    case logarithmic(least: Double)
  }

  package let title: String
  package let curves: [Curve]
  package let scale: Scale

  package init(title: String, curves: [Curve], scale: Scale = .linear) {
    self.title = title
    self.curves = curves
    self.scale = scale
  }

  private static let gaps = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]

  /// Draws the curves, and the diagonal that guessing would follow.
  package func write(to page: inout MarkupWriter) {
    let lines = curves.enumerated().map { index, curve in
      LineChart.Series(
        "\(curve.name), AUC \(FixedDigits.text(curve.area))", curve.style,
        curve.points.map { LineChart.Point($0.falsePositiveRate, $0.truePositiveRate) },
        marked: marks(of: curve, phase: Double(index + 1) / Double(curves.count + 1)))
    }
    let chance = LineChart.Series(
      "guessing, AUC 0.500", SeriesStyle(5), guessing, isReference: true, marked: [])
    LineChart(
      title: title, horizontal: rates, vertical: Self.shares("share of reused experts found"),
      series: lines + [chance], size: (230, 230)
    ).write(to: &page)
  }

  /// Three places along a curve, other ones for each phase.
  ///
  /// So markers of curves that run together do not cover each other.
  private func marks(of curve: Curve, phase: Double) -> [LineChart.Point] {
    (0..<3).compactMap { point(of: curve, along: 2 * (Double($0) + phase) / 3) }
  }

  /// The point at which the sum of both rates, which grows from 0 to 2 along a curve, is `distance`.
  private func point(of curve: Curve, along distance: Double) -> LineChart.Point? {
    for (one, other) in zip(curve.points, curve.points.dropFirst()) {
      let start = one.falsePositiveRate + one.truePositiveRate
      let length = other.falsePositiveRate + other.truePositiveRate - start
      guard length > 0, (start...(start + length)).contains(distance) else { continue }
      let share = (distance - start) / length
      return LineChart.Point(
        one.falsePositiveRate + share * (other.falsePositiveRate - one.falsePositiveRate),
        one.truePositiveRate + share * (other.truePositiveRate - one.truePositiveRate))
    }
    return nil
  }

  private static func shares(_ title: String) -> ChartAxis {
    ChartAxis(
      title, range: 0...1,
      ticks: gaps.map { ChartAxis.Tick($0, FixedDigits.text($0, digits: 1)) })
  }

  private var rates: ChartAxis {
    let title = "share of the others accused"
    guard case .logarithmic(let least) = scale else { return Self.shares(title) }
    let ticks = [0.0001, 0.001, 0.01, 0.1, 1].filter { $0 >= least }
    return ChartAxis(
      logarithmic: title, range: least...1, ticks: ticks.map { ChartAxis.Tick($0, "\($0)") })
  }

  /// A straight line that is curved on a logarithmic scale.
  private var guessing: [LineChart.Point] {
    switch scale {
    case .linear: return [LineChart.Point(0, 0), LineChart.Point(1, 1)]
    case .logarithmic(let least):
      var rate = least
      var points: [LineChart.Point] = []
      while rate < 1 {
        points.append(LineChart.Point(rate, rate))
        rate *= 1.25
      }
      return points + [LineChart.Point(1, 1)]
    }
  }
}
