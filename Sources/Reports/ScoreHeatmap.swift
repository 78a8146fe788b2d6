/// A heatmap of an expert's scores: tasks as rows, layers as columns.
///
/// Shapes: `values` is `[N, L]`.
struct ScoreHeatmap {
  /// What the panel shows, written above it.
  let title: String
  /// Names of the N tasks.
  let tasks: [String]
  /// Scores.
  let values: [[Double]]
  /// The magnitude at both ends of the colour scale.
  let limit: Double

  private static let labelWidth = 84
  private static let top = 24
  private static let bottom = 36

  private var layerCount: Int { values.first?.count ?? 0 }
  private var cellWidth: Int { min(max(238 / max(layerCount, 1), 7), 40) }
  /// Odd: a stroke one unit thinner then covers whole pixels.
  private var cellHeight: Int { tasks.count > 16 ? 15 : 25 }
  private var width: Int { Self.labelWidth + max(layerCount * cellWidth, 200) + 1 }
  private var height: Int { Self.top + tasks.count * cellHeight + Self.bottom }

  /// Draws the panel.
  func write(to page: inout MarkupWriter) {
    page.element(
      .svg, .viewBox(width: width, height: height), .width(width), .height(height), .role("img")
    ) { svg in
      svg.element(.title, text: "\(title): scores of \(tasks.count) tasks in \(layerCount) layers")
      svg.element(.text, .x(Self.labelWidth), .y(14), .classes("strong")) {
        $0.element(.title, text: title)
        $0.text(TextWidth.cut(title, to: 30))
      }
      writeCells(to: &svg)
      for (row, task) in tasks.enumerated() {
        let y = Self.top + row * cellHeight + cellHeight / 2 + 4
        svg.element(.text, .x(Self.labelWidth - 8), .y(y), .anchor("end")) {
          $0.element(.title, text: task)
          $0.text(TextWidth.cut(task, to: 11))
        }
      }
      writeAxis(to: &svg)
    }
    page.lineFeed()
  }

  /// One path a colour, a stroke a cell: a large case has hundreds of thousands of cells.
  private func writeCells(to svg: inout MarkupWriter) {
    var outlines: [Int: String] = [:]
    for (row, scores) in values.enumerated() {
      for (layer, score) in scores.enumerated() {
        let x = Self.labelWidth + layer * cellWidth
        let y = Self.top + row * cellHeight + cellHeight / 2
        let step = ColourScale.step(at: DivergingPosition.of(score, limit: limit))
        outlines[step, default: ""] += "M\(x) \(y)h\(cellWidth - 1)"
      }
    }
    svg.element(.g, .classes("cells"), .strokeWidth(cellHeight - 1)) { group in
      for (step, outline) in outlines.sorted(by: { $0.key < $1.key }) {
        group.element(.path, .classes("\(ColourScale.diverging.letter)\(step)"), .data(outline))
      }
    }
  }

  private func writeAxis(to svg: inout MarkupWriter) {
    let y = Self.top + tasks.count * cellHeight
    // The largest of 1, 2, 4, 8, ... that leaves room for the numbers.
    var stride = 1
    while stride * cellWidth < 18 { stride *= 2 }
    for layer in Swift.stride(from: 0, to: layerCount, by: stride) {
      let x = Self.labelWidth + layer * cellWidth + cellWidth / 2
      svg.element(.text, .x(x), .y(y + 15), .anchor("middle"), .classes("quiet"), text: "\(layer)")
    }
    svg.element(.text, .x(Self.labelWidth), .y(y + 31), .classes("quiet"), text: "layer")
  }
}

/// Where a value stands on a diverging scale.
enum DivergingPosition {
  /// 0 at minus the limit, 0.5 at zero, 1 at the limit.
  static func of(_ value: Double, limit: Double) -> Double {
    limit > 0 ? 0.5 + value / limit / 2 : 0.5
  }
}
