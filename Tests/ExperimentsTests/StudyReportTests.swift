import Experiments
import Foundation
import Reports
import Testing

/// The report of a made-up study.
@Suite struct StudyReportTests {
  private let results: StudyResults
  private let text: String
  private let page: ReportPage

  init() throws {
    results = try ExampleStudy.results()
    text = try StudyReport(results, stamp: "2 cores, commit abc").render()
    page = try #require(ReportPage.read(text))
  }

  private func digits(_ value: Double) -> String {
    FixedDigits.text(value).replacingOccurrences(of: "-", with: "\u{2212}")
  }

  // MARK: What is said first

  @Test func theOpeningSaysWhatWasReproducedAndWhatWasLeftOut() throws {
    let order = [
      "What was reproduced", "reused experts match their own victim expert best",
      "What the paper left out", "8 of 8</p>", "Their mean similarity is 0.930",
      "recognises the task an expert was trained for, not who trained it",
      "Similarity of every expert with its closest victim expert", "id=\"claims\"",
    ]
    var rest = text[...]
    for words in order {
      let place = try #require(rest.range(of: words), "missing or out of order: \(words)")
      rest = rest[place.upperBound...]
    }
  }

  @Test func innocentsThatAreNotAccusedAreNoFinding() throws {
    let results = try ExampleStudy.results(innocents: 0.4)
    let text = try StudyReport(results).render()
    #expect(text.contains("0 of 8</p>"))
    #expect(text.contains("In this study no innocent expert is accused"))
    #expect(!text.contains("recognises the task an expert was trained for, not who trained it"))
    #expect(!text.contains("class=\"card finding\""))
  }

  @Test func theStampIsShownAndNothingElseVaries() throws {
    #expect(text.contains("2 cores, commit abc"))
    #expect(try StudyReport(results, stamp: "2 cores, commit abc").render() == text)
    #expect(try StudyReport(results).render().contains("<bdi>not stated</bdi>"))
  }

  // MARK: Numbers

  @Test func tableTwoHasTheStudysNumbersAndThePapers() throws {
    let table = try #require(page.table("Table 2"))
    let methods: [StudyMethod] = [
      .modelPCS, .modelICS, .reef, .unbiasedREEF, .expertPCS, .expertICS, .routeMark,
    ]
    #expect(table[0].dropFirst(3) == methods.map(\.title)[...])
    let shown = results.plan.figures.parametric.compactMap { results.suspect($0) }
    #expect(table.count == 1 + 2 * shown.count)
    for (index, suspect) in shown.enumerated() {
      let (here, paper) = (table[1 + 2 * index], table[2 + 2 * index])
      #expect(here[0] == suspect.title)
      for (column, method) in methods.enumerated() {
        let value = try #require(method.similarity(of: suspect))
        #expect(here[3 + column] == digits(value), "\(suspect.name) \(method.title)")
        #expect(
          paper[3 + column] == PaperValues.parametric(suspect.name, method)?.text ?? "–")
      }
    }
    #expect(table[2].last == "0.960" && table[2][3] == "0.000")
  }

  @Test func meansOfTheMatricesStandBesideThePapers() throws {
    let table = try #require(page.table("Reused experts: mean similarity"))
    let shown = results.plan.figures.matrices.compactMap { results.suspect($0) }
    #expect(table.dropFirst().map { $0[0] } == shown.map(\.title))
    #expect(
      table.dropFirst().map { $0[3] }
        == shown.map { $0.meanOwn(\.ownSimilarity).map { digits($0) } ?? "–" })
    #expect(
      table.dropFirst().map { $0[4] } == ["–", "0.948", "0.914", "0.944", "0.942", "0.941"])
  }

  @Test func everyCellOfAMatrixIsInTheDrawingAndInTheTable() throws {
    let table = try #require(page.table("Similarity of a suspect"))
    let suspect = try #require(results.suspect("added-2"))
    for (column, expert) in suspect.experts.enumerated() {
      let row = try #require(table.first { $0[0] == "\(suspect.title), \(expert.name)" })
      #expect(row.dropFirst() == suspect.similarity.map { digits($0[column]) }[...])
      for values in suspect.similarity {
        #expect(text.contains(">\(digits(values[column]))</text>"))
      }
    }
    let margins = try #require(page.table("The paper gives margins of new experts"))
    let strangers = margins.filter { $0[0] == suspect.title && $0[2] == "independent, other task" }
    #expect(strangers.map { $0[6] } == ["0.070", "0.103"])
  }

  @Test func curvesHaveAreaAndRatesOnBothSides() throws {
    let table = try #require(page.table("AUC: area under the curve"))
    #expect(table.count == 1 + results.curves.count)
    for (row, curve) in zip(table.dropFirst(), results.curves) {
      let roc = try [#require(curve.withoutInnocents), #require(curve.withInnocents)]
      #expect(
        row
          == [curve.method]
          + roc.flatMap {
            [
              digits($0.area), digits($0.truePositiveRate(atFalsePositiveRate: 0.01)),
              digits($0.truePositiveRate(atFalsePositiveRate: 0.05)),
            ]
          })
    }
    #expect(table[1][4] == "0.625" && table[1][6] == "0.625" && table[1][5] == "0.313")
  }

  @Test func numbersOfSamplesAndAccuraciesAreThoseOfTheResults() throws {
    let samples = try #require(page.table("Figure 6"))
    for (row, size) in zip(samples.dropFirst(), results.sampleSizes) {
      #expect(
        row == ["\(size.count)"]
          + [size.routeMark, size.reef, size.unbiasedREEF].map { digits($0) })
    }
    let accuracy = try #require(page.table("Share of right classes"))
    #expect(accuracy[1] == ["victim", "0.500", "0.600", "0.700", "0.800", "0.900", "0.700"])
  }

  @Test func everyClaimIsThereWithItsRule() throws {
    let table = try #require(page.table("Claims of the paper"))
    let claims = StudyClaim.all(results)
    #expect(table.count == 1 + claims.count)
    for (row, claim) in zip(table.dropFirst(), claims) {
      #expect(
        row == [claim.claim, claim.section, claim.measured, claim.outcome.rawValue, claim.rule])
    }
  }

  @Test func definitionsAreThoseThatTheBaselinesPrint() {
    for method in BaselineMethod.allCases {
      #expect(text.contains("the definition of \(method.title)"))
    }
  }

  // MARK: Traces

  @Test func everyNameOfASuspectLeadsToItsCaseAndCommands() throws {
    let places = page.elements.compactMap { $0.attributes["id"] }
    #expect(Set(places).count == places.count)
    let links = page.elements.filter { $0.name == "a" }.compactMap { $0.attributes["href"] }
    #expect(links.count > 50)
    for link in links {
      #expect(link.hasPrefix("#") && places.contains(String(link.dropFirst())), "\(link)")
    }
    for suspect in results.suspects {
      #expect(links.contains("#suspect-\(suspect.name)"))
      #expect(text.contains("<bdi>OUT/cases/\(suspect.name).json</bdi>"))
    }
  }

  @Test func everyCommandIsListedOnce() throws {
    for command in results.commands {
      let shown = "<code><bdi>\(MarkupWriter.escaped(command))</bdi>"
      #expect(text.components(separatedBy: shown).count == 2, "\(command)")
    }
  }

  // MARK: The page

  @Test func hostileNamesAreShownAsText() throws {
    let hostile = "<script>alert('&')</script>"
    let names = ExampleStudy.Names(innocent: hostile, title: hostile, tool: hostile)
    let text = try StudyReport(
      ExampleStudy.results(names: names), stamp: "\(hostile)\u{202E}"
    ).render()
    #expect(!text.contains("<script") && !text.contains("\u{202E}"))
    #expect(text.contains("&lt;script&gt;"))
    let page = try #require(ReportPage.read(text))
    #expect(!page.elements.contains { $0.name == "script" })
  }

  @Test func thePageNeedsNoNetworkAndNoScript() {
    #expect(!text.contains("http:") && !text.contains("https:") && !text.contains("url("))
    for element in page.elements {
      #expect(
        !["script", "link", "img", "iframe", "object", "embed", "use"].contains(element.name))
      #expect(element.attributes["style"] == nil, "the policy allows style sheets only")
      #expect(!element.attributes.keys.contains { $0.hasPrefix("on") })
    }
  }

  @Test func headingsAreOrderedAndHeadersHaveAScope() {
    let levels = page.elements.compactMap { ["h1": 1, "h2": 2, "h3": 3][$0.name] }
    #expect(levels.first == 1 && levels.filter { $0 == 1 }.count == 1)
    for (level, next) in zip(levels, levels.dropFirst()) { #expect(next <= level + 1) }
    for header in page.elements where header.name == "th" {
      #expect(header.attributes["scope"] != nil)
    }
  }

  @Test func noWordSaysMoreThanTheEvidence() {
    let words = text.lowercased()
    #expect(!words.contains("stolen") && !words.contains("proves") && !words.contains("theft"))
  }

  @Test func aPlanThatLeadsNowhereIsRefused() throws {
    var plan = StudyPlan.embedded
    plan.figures.sampled = "nobody"
    var object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(results)) as? [String: Any])
    object["plan"] = try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan))
    let edited = try JSONDecoder().decode(
      StudyResults.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(
      throws: StudyError.invalidPlan(
        key: "figures", expected: "names of suspects", actual: "nobody")
    ) { try StudyReport(edited) }
  }
}
