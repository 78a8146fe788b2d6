/// The rectangle in which values are drawn, with its grid and both axes.
struct PlotArea {
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  let horizontal: ChartAxis
  let vertical: ChartAxis

  /// Room that the labels below take.
  static let footHeight = 40
  /// The least distance of two labels.
  private static let labelGap = 6.0

  func x(_ value: Double) -> Double {
    Double(left) + horizontal.position(of: value) * Double(width)
  }

  func y(_ value: Double) -> Double {
    Double(top) + (1 - vertical.position(of: value)) * Double(height)
  }

  /// Draws grid, frame, labels and titles.
  func write(to svg: inout MarkupWriter) {
    var grid = ""
    for tick in vertical.ticks { grid += "M\(left) \(ChartNumber.text(y(tick.value)))h\(width)" }
    svg.element(.path, .classes("grid"), .data(grid))
    svg.element(
      .path, .classes("axis"), .data("M\(left) \(top)v\(height)h\(width)"))
    for tick in vertical.ticks {
      svg.element(
        .text, .x(left - 8), .y(Int(y(tick.value).rounded()) + 4), .anchor("end"),
        .classes("quiet"), text: MarkupWriter.typographic(tick.label))
    }
    svg.element(.text, .x(left - 32), .y(top - 12), .classes("quiet"), text: vertical.title)
    writeFoot(to: &svg)
  }

  private func writeFoot(to svg: inout MarkupWriter) {
    let bottom = top + height
    var end = -Double.infinity
    for tick in horizontal.ticks {
      let (place, half) = (x(tick.value), ChartText.width(tick.label) / 2)
      svg.element(.path, .classes("axis"), .data("M\(ChartNumber.text(place)) \(bottom)v4"))
      guard place - half >= end + Self.labelGap else { continue }
      end = place + half
      svg.element(
        .text, .x(Int(place.rounded())), .y(bottom + 17), .anchor("middle"), .classes("quiet"),
        text: tick.label)
    }
    svg.element(
      .text, .x(left + width / 2), .y(bottom + 34), .anchor("middle"), .classes("quiet"),
      text: horizontal.title)
  }
}

/// How wide text is likely to be: pages choose their fonts themselves.
enum ChartText {
  /// The width of a terminal column in the drawings' font of 12 pixels, generously.
  static let columnWidth = 6.7

  /// The width in pixels.
  static func width(_ text: String) -> Double { Double(TextWidth.of(text)) * columnWidth }

  /// Text cut to a width in pixels.
  static func cut(_ text: String, to width: Int) -> String {
    TextWidth.cut(text, to: Int(Double(width) / columnWidth))
  }
}

extension MarkupWriter {
  /// A name in a drawing, cut to its place and whole in a tooltip.
  mutating func chartName(
    _ name: String, x: Int, y: Int, width: Int, anchor: String = "start", classes: String = "label"
  ) {
    let short = ChartText.cut(name, to: width)
    element(.text, .x(x), .y(y), .anchor(anchor), .classes(classes)) { text in
      if short != name { text.element(.title, text: name) }
      text.text(short)
    }
  }
}
