/// A style sheet with what a page's content security policy says about it.
package struct PageSheet: Sendable {
  package let text: String
  /// The SHA-256 of ``text`` in base 64.
  package let digest: String

  package init(text: String, digest: String) {
    self.text = text
    self.digest = digest
  }

  /// What every page has.
  package static let standard = PageSheet(text: StyleSheet.text, digest: StyleSheet.digest)
  /// What pages with charts have besides.
  package static let charts = PageSheet(text: ChartStyle.text, digest: ChartStyle.digest)
}

extension MarkupWriter {
  /// The head of a page that allows its own style sheets and nothing else.
  package mutating func head(title: String, sheets: [PageSheet]) {
    let allowed = sheets.map { "'sha256-\($0.digest)'" }.joined(separator: " ")
    element(.head) { head in
      head.element(.meta, .charset("utf-8"))
      head.element(
        .meta, .httpEquiv("Content-Security-Policy"),
        .content("default-src 'none'; style-src \(allowed)"))
      head.element(.meta, .name("viewport"), .content("width=device-width, initial-scale=1"))
      head.element(.meta, .name("referrer"), .content("no-referrer"))
      head.element(.title, text: title)
      head.lineFeed()
      for sheet in sheets { head.element(.style) { $0.raw(RawMarkup(sheet.text)) } }
    }
  }
}
