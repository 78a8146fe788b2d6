/// A table of a report; the first cell of a row names it.
package struct ReportTable: Sendable {
  /// A column.
  package struct Column: Sendable, Hashable {
    package let title: String
    package let isNumber: Bool

    /// A column of words.
    package static func words(_ title: String) -> Column { Column(title: title, isNumber: false) }
    /// A column of numbers.
    package static func numbers(_ title: String) -> Column { Column(title: title, isNumber: true) }
  }

  /// A cell.
  package enum Cell: Sendable, Hashable {
    case text(String)
    /// A name from a file.
    case name(String)
    /// A name that leads to a place on the page.
    case link(String, to: String)
    /// A number of three digits; a dash for `nil`.
    case number(Double?)
    /// A number in words, such as `12 of 13`.
    case count(String)
    case verdict(VerdictKind, String)
    /// Words with a class of the style sheet.
    case marked(String, String)
  }

  package let caption: String
  package let classes: String
  package let columns: [Column]
  package let rows: [[Cell]]

  /// A table.
  ///
  /// - Precondition: every row has a cell for each column.
  package init(caption: String, classes: String = "plain", columns: [Column], rows: [[Cell]]) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "a cell for each column")
    self.caption = caption
    self.classes = classes
    self.columns = columns
    self.rows = rows
  }

  /// Writes the table; a wide one scrolls on its own.
  package func write(to page: inout MarkupWriter) {
    page.element(.div, .classes("scroll"), .role("region"), .label(caption), .focusable("0")) {
      $0.element(.table, .classes(classes)) { table in
        table.element(.caption, text: caption)
        table.headings(columns.map { ($0.title, $0.isNumber) })
        table.element(.tbody) { body in
          for row in rows {
            body.element(.tr) { line in
              for (index, cell) in row.enumerated() { write(cell, isHead: index == 0, to: &line) }
            }
            body.lineFeed()
          }
        }
      }
    }
    page.lineFeed()
  }

  /// Writes the table folded under a line of words.
  package func writeFolded(under summary: String, to page: inout MarkupWriter) {
    page.element(.details) { details in
      details.element(.summary, text: summary)
      write(to: &details)
    }
    page.lineFeed()
  }

  private func write(_ cell: Cell, isHead: Bool, to line: inout MarkupWriter) {
    if isHead {
      line.element(.th, .scope("row")) { write(cell, to: &$0) }
    } else if case .number = cell {
      line.element(.td, .classes("number")) { write(cell, to: &$0) }
    } else if case .count = cell {
      line.element(.td, .classes("number")) { write(cell, to: &$0) }
    } else {
      line.element(.td) { write(cell, to: &$0) }
    }
  }

  private func write(_ cell: Cell, to place: inout MarkupWriter) {
    switch cell {
    case .text(let text), .count(let text): place.text(text)
    case .name(let name): place.name(name, cutTo: 40)
    case .link(let name, let target):
      place.element(.a, .link(to: target)) { $0.name(name, cutTo: 40) }
    case .number(let value):
      place.text(value.map { MarkupWriter.typographic(FixedDigits.text($0)) } ?? "–")
    case .verdict(let kind, let text): place.badge(kind, text: text)
    case .marked(let text, let classes): place.element(.span, .classes(classes), text: text)
    }
  }
}
