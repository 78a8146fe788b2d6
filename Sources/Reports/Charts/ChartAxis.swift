#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An axis: its name with the unit, its range, and what is written along it.
package struct ChartAxis: Sendable {
  /// A value that is written.
  package struct Tick: Sendable, Hashable {
    package let value: Double
    package let label: String

    package init(_ value: Double, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  /// The name, with the unit.
  package let title: String
  package let range: ClosedRange<Double>
  package let ticks: [Tick]
  package let isLogarithmic: Bool

  /// An axis of equal steps.
  ///
  /// - Precondition: the range is not empty.
  package init(_ title: String, range: ClosedRange<Double>, ticks: [Tick]) {
    precondition(range.lowerBound < range.upperBound, "an axis has a length")
    self.title = title
    self.range = range
    self.ticks = ticks
    isLogarithmic = false
  }

  /// An axis of equal ratios.
  ///
  /// - Precondition: the range is not empty and its values are positive.
  package init(logarithmic title: String, range: ClosedRange<Double>, ticks: [Tick]) {
    precondition(0 < range.lowerBound && range.lowerBound < range.upperBound, "positive values")
    self.title = title
    self.range = range
    self.ticks = ticks
    isLogarithmic = true
  }

  /// Similarities: 0 to 1, and further down in steps of 0.2 where values are negative.
  package static func similarity(_ title: String, covering values: [Double]) -> ChartAxis {
    let least = min(values.filter(\.isFinite).min() ?? 0, 0)
    let first = max(Int((least / 0.2).rounded(.down)), -5)
    let ticks = (first...5).map {
      Tick(Double($0) / 5, FixedDigits.text(Double($0) / 5, digits: 1))
    }
    return ChartAxis(title, range: Double(first) / 5...1, ticks: ticks)
  }

  /// Counts, each value written, at equal ratios when they span more than one ten.
  package static func counts(_ title: String, _ values: [Int]) -> ChartAxis {
    let ticks = values.map { Tick(Double($0), "\($0)") }
    guard let least = values.min(), let most = values.max(), least < most else {
      let only = Double(values.first ?? 0)
      return ChartAxis(title, range: only - 1...only + 1, ticks: ticks)
    }
    if least > 0, most >= 10 * least {
      return ChartAxis(logarithmic: title, range: Double(least)...Double(most), ticks: ticks)
    }
    return ChartAxis(title, range: Double(least)...Double(most), ticks: ticks)
  }

  /// Where a value stands, 0 at the lower end and 1 at the upper; what lies outside goes to the ends.
  package func position(of value: Double) -> Double {
    let (low, high) = (range.lowerBound, range.upperBound)
    guard value.isFinite else { return 0 }
    let inside = min(max(value, low), high)
    return isLogarithmic ? log(inside / low) / log(high / low) : (inside - low) / (high - low)
  }
}
