/// The key to a colour scale: its steps, with values below.
package struct ScaleLegend {
  /// A value under the scale.
  package struct Mark {
    /// 0...1 along the scale.
    package let position: Double
    package let text: String

    package init(position: Double, text: String) {
      self.position = position
      self.text = text
    }
  }

  package let title: String
  package let scale: ColourScale
  package let marks: [Mark]

  private static let stepWidth = 14
  private static let margin = 40

  package init(title: String, scale: ColourScale, marks: [Mark]) {
    self.title = title
    self.scale = scale
    self.marks = marks
  }

  /// Draws the legend.
  package func write(to page: inout MarkupWriter) {
    let length = Self.stepWidth * ColourScale.stepCount
    let width = length + 2 * Self.margin
    page.element(.svg, .viewBox(width: width, height: 54), .width(width), .height(54), .role("img"))
    {
      svg in
      svg.element(.title, text: "\(title): " + marks.map(\.text).joined(separator: ", "))
      svg.element(.text, .x(Self.margin), .y(12), .classes("quiet"), text: title)
      for step in 0..<ColourScale.stepCount {
        svg.element(
          .rect, .classes("\(scale.letter)\(step)"), .x(Self.margin + step * Self.stepWidth),
          .y(18),
          .width(Self.stepWidth), .height(14))
      }
      svg.element(
        .rect, .classes("frame"), .x(Self.margin), .y(18), .width(length), .height(14))
      for mark in marks {
        let x = Self.margin + Int((mark.position * Double(length)).rounded())
        svg.element(.path, .classes("axis"), .data("M\(x) 32v5"))
        svg.element(.text, .x(x), .y(50), .anchor("middle"), text: mark.text)
      }
    }
    page.lineFeed()
  }
}
