import Attribution
import Foundation
import Reports
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Collects what a parser sees.
private final class PageReader: NSObject, XMLParserDelegate {
  var elements: [(name: String, attributes: [String: String])] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append((name, attributes))
  }

  /// Reads a page as XML; nothing when it is not well-formed.
  static func read(_ page: String) -> PageReader? {
    let parser = XMLParser(data: Data(page.utf8))
    let reader = PageReader()
    parser.delegate = reader
    return parser.parse() ? reader : nil
  }
}

@Suite struct HTMLReportTests {
  @Test func thePageOfAMixedCaseIsAsRecorded() throws {
    try expectSnapshot(try HTMLReport(try ExampleCase.mixed()).render(), "mixed.html")
  }

  @Test func hostileNamesAreShownAsText() throws {
    let page = try HTMLReport(try ExampleCase.hostile()).render()
    #expect(!page.contains("<script"))
    #expect(!page.contains("</script"))
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!page.contains("onload='"))
    #expect(!page.contains("&amp; &amp; ") && page.contains("&amp; &amp;amp;"))
    #expect(page.components(separatedBy: "</style>").count == 2)
    let forbidden: Set<UInt32> = [0x00, 0x07, 0x1B, 0x202E, 0xFFFF]
    #expect(!page.unicodeScalars.contains { forbidden.contains($0.value) })
    let reader = try #require(PageReader.read(page))
    #expect(!reader.elements.contains { $0.name == "script" })
    #expect(!reader.elements.contains { $0.attributes.keys.contains { $0.hasPrefix("on") } })
  }

  @Test func longNamesAreCutInDrawingsAndWholeInTheirTitles() throws {
    let page = try HTMLReport(try ExampleCase.hostile()).render()
    let long = String(repeating: "long", count: 75)
    #expect(page.contains("<title>\(long)</title>longlonglo…</text>"))
  }

  @Test(arguments: [(1, 1), (1, 5), (7, 5), (5, 7), (60, 5), (5, 60)])
  func pagesOfEverySizeAreWellFormed(victim: Int, suspect: Int) throws {
    let page = try HTMLReport(try ExampleCase.sized(victim: victim, suspect: suspect)).render()
    let reader = try #require(PageReader.read(page))
    let cells = reader.elements.filter {
      $0.name == "td" && $0.attributes["class", default: ""].hasPrefix("s")
    }
    #expect(cells.count == victim * suspect)
    let tops = cells.filter { $0.attributes["class", default: ""].hasSuffix(" top") }
    #expect(tops.count == suspect)
  }

  @Test func thePageNeedsNoNetworkAndNoScript() throws {
    let page = try HTMLReport(try ExampleCase.mixed()).render()
    let reader = try #require(PageReader.read(page))
    #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("url("))
    for element in reader.elements {
      #expect(
        !["script", "link", "img", "iframe", "object", "embed", "use"].contains(element.name))
      #expect(element.attributes["style"] == nil, "the policy allows the style sheet only")
      #expect(element.attributes["src"] == nil && element.attributes["href"] == nil)
    }
    let policy = reader.elements.first { $0.attributes["http-equiv"] == "Content-Security-Policy" }
    #expect(
      policy?.attributes["content"]?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
  }

  @Test func headingsAreOrderedAndHeadersHaveAScope() throws {
    let page = try HTMLReport(try ExampleCase.mixed()).render()
    let reader = try #require(PageReader.read(page))
    let levels = reader.elements.compactMap { ["h1": 1, "h2": 2, "h3": 3][$0.name] }
    #expect(levels.first == 1 && levels.filter { $0 == 1 }.count == 1)
    for (level, next) in zip(levels, levels.dropFirst()) { #expect(next <= level + 1) }
    for header in reader.elements where header.name == "th" {
      #expect(header.attributes["scope"] != nil)
    }
    for drawing in reader.elements where drawing.name == "svg" {
      let isNamed = drawing.attributes["role"] == "img"
      #expect(isNamed || drawing.attributes["aria-hidden"] == "true")
    }
    #expect(reader.elements.first?.attributes["lang"] == "en")
  }

  @Test func theVerdictComesFirstAndTheLimitRightUnderIt() throws {
    let page = try HTMLReport(try ExampleCase.mixed()).render()
    let order = [
      "3 of 4 suspect experts match the routing of 2 of 3 victim experts",
      "<strong>Limit. </strong>", AttributionCase.standardLimits[0],
      "Verdict for each suspect expert", "Similarity of every pair", "Fingerprints of matched",
      "How to read this report", "Limits of the evidence", "Provenance",
    ]
    var rest = page[...]
    for text in order {
      let place = try #require(rest.range(of: text), "missing or out of order: \(text)")
      rest = rest[place.upperBound...]
    }
  }

  @Test func aCaseThatContradictsItselfIsShownUnderAWarning() throws {
    let edited = try ExampleCase.edited(try ExampleCase.mixed()) { object in
      var list = object["attributions"] as? [[String: Any]] ?? []
      list[2]["verdict"] = ["verdict": "matches the routing", "expert": "cars"]
      object["attributions"] = list
    }
    let page = try HTMLReport(edited).render()
    #expect(page.contains("This case contradicts itself: 1 value"))
    #expect(
      try TextReport(edited).render(colour: false).hasPrefix("WARNING: This case contradicts"))
    #expect(!(try HTMLReport(try ExampleCase.mixed()).render().contains("contradicts")))
  }

  @Test func limitsCannotBeEditedAway() throws {
    let edited = try ExampleCase.edited(try ExampleCase.mixed()) { $0["limits"] = [String]() }
    #expect(
      try HTMLReport(edited).render().contains("Limit. </strong>Without re-runs or null experts"))
    #expect(
      try TextReport(edited).render(colour: false).contains(
        "limit: Without re-runs or null experts"))
  }

  @Test func noWordSaysMoreThanTheEvidence() throws {
    for example in [try ExampleCase.mixed(), try ExampleCase.sized(victim: 1, suspect: 1)] {
      let words = try HTMLReport(example).render().lowercased()
      #expect(!words.contains("stolen") && !words.contains("proves") && !words.contains("theft"))
    }
  }
}
