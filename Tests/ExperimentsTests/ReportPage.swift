import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a parser sees of a report: elements, and tables by caption.
final class ReportPage: NSObject, XMLParserDelegate {
  /// The text of a table's cells, row by row, head first.
  typealias Table = [[String]]

  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var tables: [(caption: String, rows: Table)] = []
  private var texts: [String] = []

  /// Reads a page as XML; nothing when it is not well-formed.
  static func read(_ page: String) -> ReportPage? {
    let parser = XMLParser(data: Data(page.utf8))
    let reader = ReportPage()
    parser.delegate = reader
    return parser.parse() ? reader : nil
  }

  /// The table whose caption begins so.
  func table(_ caption: String) -> Table? {
    tables.first { $0.caption.hasPrefix(caption) }?.rows
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append((name, attributes))
    switch name {
    case "table": tables.append(("", []))
    case "tr": tables[tables.count - 1].rows.append([])
    case "caption", "td", "th": texts.append("")
    default: break
    }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !texts.isEmpty { texts[texts.count - 1] += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    switch name {
    case "caption": tables[tables.count - 1].caption = texts.removeLast()
    case "td", "th":
      let text = texts.removeLast()
      let row = tables[tables.count - 1].rows.count - 1
      tables[tables.count - 1].rows[row].append(text)
    default: break
    }
  }
}
