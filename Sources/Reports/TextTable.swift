/// A table for a terminal: aligned columns, long cells cut so that a line fits.
///
///     var table = TextTable([.leading("expert"), .trailing("similarity")])
///     table.append(["scene15", "0.982"])
///     table.render(width: 100)
public struct TextTable: Sendable {
  /// One column.
  public struct Column: Sendable, Hashable {
    /// Which side cells keep to.
    public enum Alignment: Sendable, Hashable {
      /// Text.
      case leading
      /// Numbers.
      case trailing
    }

    /// The heading.
    public let title: String
    /// Which side cells keep to.
    public let alignment: Alignment
    /// Whether cells may be cut when the table is too wide.
    public let canShrink: Bool

    /// A column by parts.
    public init(_ title: String, alignment: Alignment, canShrink: Bool) {
      self.title = title
      self.alignment = alignment
      self.canShrink = canShrink
    }

    /// A column of text; it may be cut.
    public static func leading(_ title: String, canShrink: Bool = true) -> Column {
      Column(title, alignment: .leading, canShrink: canShrink)
    }

    /// A column of numbers; it is cut only when nothing else is left to cut.
    public static func trailing(_ title: String) -> Column {
      Column(title, alignment: .trailing, canShrink: false)
    }
  }

  /// One cell.
  public struct Cell: Sendable, Hashable, ExpressibleByStringLiteral {
    /// What it says.
    public let text: String
    /// How it stands out.
    public let style: TextStyle

    /// A cell by parts.
    public init(_ text: String, _ style: TextStyle = .plain) {
      self.text = text
      self.style = style
    }

    /// A plain cell.
    public init(stringLiteral value: String) {
      self.init(value)
    }
  }

  private static let gap = 2
  private static let narrowest = 4

  /// The columns, from left to right.
  public let columns: [Column]
  /// The rows, each with one cell per column.
  public private(set) var rows: [[Cell]] = []

  /// A table without rows.
  public init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row.
  ///
  /// - Precondition: there is one cell per column.
  public mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row has one cell per column")
    rows.append(row)
  }

  /// The lines of the table, heading first, each with a line feed.
  ///
  /// Cells are made harmless with ``TextWidth/harmless(_:)``. Cells of columns that can shrink are
  /// cut first, always in the widest column, then cells of any column. A table of more columns
  /// than fit at four characters each is wider than `width`: split it before.
  public func render(width: Int, colour: Bool = false) -> String {
    let head = columns.map { Cell(TextWidth.harmless($0.title), .bold) }
    let body = rows.map { row in row.map { Cell(TextWidth.harmless($0.text), $0.style) } }
    let widths = fitted(naturalWidths([head] + body), to: width)
    return ([head] + body).map { line($0, widths: widths, colour: colour) + "\n" }.joined()
  }

  private func naturalWidths(_ rows: [[Cell]]) -> [Int] {
    columns.indices.map { column in
      rows.reduce(1) { max($0, TextWidth.of($1[column].text)) }
    }
  }

  private func fitted(_ natural: [Int], to width: Int) -> [Int] {
    var widths = natural
    var excess = widths.reduce(0, +) + Self.gap * (widths.count - 1) - width
    for shrinksAll in [false, true] {
      let candidates = columns.indices.filter { shrinksAll || columns[$0].canShrink }
      while excess > 0 {
        guard let widest = candidates.max(by: { widths[$0] < widths[$1] }),
          widths[widest] > Self.narrowest
        else { break }
        widths[widest] -= 1
        excess -= 1
      }
    }
    return widths
  }

  private func line(_ row: [Cell], widths: [Int], colour: Bool) -> String {
    var (line, pending) = ("", 0)
    for (column, cell) in row.enumerated() {
      let text = TextWidth.cut(cell.text, to: widths[column])
      let padding = widths[column] - TextWidth.of(text)
      let isLeading = columns[column].alignment == .leading
      pending += isLeading ? 0 : padding
      // Padding is written only before text, so that no line ends in spaces.
      if !text.isEmpty {
        line += String(repeating: " ", count: pending)
        line += cell.style.apply(to: text, colour: colour)
        pending = 0
      }
      pending += Self.gap + (isLeading ? padding : 0)
    }
    return line
  }
}
