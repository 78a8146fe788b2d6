/// Two distributions over tasks as pairs of bars: the victim's filled, the suspect's hollow.
struct PreferenceBars {
  let tasks: [String]
  /// Probabilities of the victim expert, `[N]`.
  let victim: [Double]
  /// Probabilities of the suspect expert, `[N]`.
  let suspect: [Double]

  private static let labelWidth = 124
  private static let barWidth = 360
  private static let top = 30
  private static let pitch = 36

  /// Draws the bars.
  func write(to page: inout MarkupWriter) {
    let width = Self.labelWidth + Self.barWidth + 70
    let height = Self.top + tasks.count * Self.pitch
    page.element(
      .svg, .viewBox(width: width, height: height), .width(width), .height(height), .role("img"),
      .classes("bars")
    ) { svg in
      svg.element(.title, text: "Share of each of \(tasks.count) tasks, victim and suspect")
      writeKey(to: &svg)
      for (row, task) in tasks.enumerated() {
        let y = Self.top + row * Self.pitch
        svg.element(.text, .x(Self.labelWidth - 8), .y(y + 18), .anchor("end")) {
          $0.element(.title, text: task)
          $0.text(TextWidth.cut(task, to: 17))
        }
        writeBar("victim", victim[row], y: y, to: &svg)
        writeBar("suspect", suspect[row], y: y + 15, to: &svg)
      }
      svg.element(
        .path, .classes("axis"),
        .data("M\(Self.labelWidth) \(Self.top - 4)v\(tasks.count * Self.pitch)"))
    }
    page.lineFeed()
  }

  private func writeKey(to svg: inout MarkupWriter) {
    let x = Self.labelWidth
    svg.element(.rect, .classes("victim"), .x(x), .y(3), .width(14), .height(11))
    svg.element(.text, .x(x + 20), .y(13), .classes("quiet"), text: "victim")
    svg.element(
      .rect, .classes("suspect"), .hollow, .outlined, .x(x + 76), .y(4), .width(13), .height(10))
    svg.element(.text, .x(x + 96), .y(13), .classes("quiet"), text: "suspect")
  }

  private func writeBar(_ kind: String, _ share: Double, y: Int, to svg: inout MarkupWriter) {
    let length = max(Int((share * Double(Self.barWidth)).rounded()), 1)
    let isSuspect = kind == "suspect"
    let (x, height) = (Self.labelWidth + 1, isSuspect ? 11 : 12)
    if isSuspect {
      svg.element(
        .rect, .classes(kind), .hollow, .outlined, .x(x), .y(y), .width(length), .height(height))
    } else {
      svg.element(.rect, .classes(kind), .x(x), .y(y), .width(length), .height(height))
    }
    svg.element(
      .text, .x(Self.labelWidth + length + 8), .y(y + 11), .classes("quiet"),
      text: FixedDigits.text(share))
  }
}
