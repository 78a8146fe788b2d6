import Attribution
import Foundation
import Testing

@Suite struct VerdictTests {
  func verdict(_ similarity: Double, _ margin: Double?) -> Verdict {
    Verdict(similarity: similarity, attributionMargin: margin, expert: "a")
  }

  @Test("both thresholds reached exactly is consistent with reuse")
  func consistentAtTheBoundary() {
    #expect(verdict(0.80, 0.35) == .matchesRouting(of: "a"))
    #expect(verdict(1, 1) == .matchesRouting(of: "a"))
    #expect(verdict((0.80).nextDown, 0.35) == .inconclusive(.betweenThresholds))
    #expect(verdict(0.80, (0.35).nextDown) == .inconclusive(.betweenThresholds))
  }

  @Test("below either lower threshold is no evidence; at it, inconclusive")
  func noEvidenceBelowTheBoundary() {
    #expect(verdict((0.60).nextDown, 0.15) == .noEvidenceOfReuse)
    #expect(verdict(0.60, (0.15).nextDown) == .noEvidenceOfReuse)
    #expect(verdict(0.60, 0.15) == .inconclusive(.betweenThresholds))
    #expect(verdict(0.99, 0.05) == .noEvidenceOfReuse)
    #expect(verdict(0.59, 0.59) == .noEvidenceOfReuse)
  }

  @Test("without a runner-up only a low similarity says anything")
  func singleVictimExpert() {
    #expect(verdict(0.75, nil) == .inconclusive(.singleVictimExpert))
    #expect(verdict(0.60, nil) == .inconclusive(.singleVictimExpert))
    #expect(verdict((0.60).nextDown, nil) == .noEvidenceOfReuse)
  }

  @Test("an expert without signal is inconclusive whatever the numbers")
  func noSignal() {
    for (similarity, margin) in [(1.0, 1.0), (0.1, 0.0), (0.7, 0.2)] {
      #expect(
        Verdict(
          similarity: similarity, attributionMargin: margin, expert: "a",
          suspectCarriesNoSignal: true) == .inconclusive(.suspectCarriesNoSignal))
    }
    #expect(
      Verdict(similarity: 1, attributionMargin: 1, expert: "a", victimCarriesNoSignal: true)
        == .inconclusive(.victimCarriesNoSignal))
    #expect(
      Verdict(similarity: 0.5, attributionMargin: 0, expert: "a", victimCarriesNoSignal: true)
        == .inconclusive(.victimCarriesNoSignal))
    #expect(
      Verdict(similarity: 0.5, attributionMargin: nil, expert: "a", victimCarriesNoSignal: true)
        == .inconclusive(.singleVictimExpert))
  }

  @Test("other thresholds move the boundaries")
  func otherThresholds() throws {
    let thresholds = try AttributionThresholds(
      consistentSimilarity: 0.5, consistentMargin: 0, noEvidenceSimilarity: 0.5,
      noEvidenceMargin: 0)
    #expect(
      Verdict(similarity: 0.5, attributionMargin: 0, expert: "a", thresholds: thresholds)
        == .matchesRouting(of: "a"))
  }

  @Test("the words of a verdict")
  func words() {
    #expect("\(Verdict.matchesRouting(of: "cars"))" == "matches the routing of cars")
    #expect("\(Verdict.noEvidenceOfReuse)" == "no evidence of reuse")
    #expect("\(Verdict.inconclusive(.betweenThresholds))" == "inconclusive")
    #expect(Set(InconclusiveReason.allCases.map(\.explanation)).count == 5)
  }

  @Test("verdicts as JSON")
  func json() throws {
    let forms: [(Verdict, String)] = [
      (
        .matchesRouting(of: "cars"),
        #"{"expert":"cars","verdict":"matches the routing"}"#
      ),
      (.noEvidenceOfReuse, #"{"verdict":"no evidence of reuse"}"#),
      (
        .inconclusive(.singleVictimExpert),
        #"{"reason":"single-victim-expert","verdict":"inconclusive"}"#
      ),
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for (verdict, text) in forms {
      #expect(String(decoding: try encoder.encode(verdict), as: UTF8.self) == text)
      #expect(try JSONDecoder().decode(Verdict.self, from: Data(text.utf8)) == verdict)
    }
    // What version 1 wrote.
    let old = Data(#"{"expert":"cars","verdict":"consistent with reuse"}"#.utf8)
    #expect(try JSONDecoder().decode(Verdict.self, from: old) == .matchesRouting(of: "cars"))
    for text in [#"{"verdict":"stranger"}"#, #"{"verdict":"inconclusive"}"#] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Verdict.self, from: Data(text.utf8))
      }
    }
  }
}

@Suite struct AttributionThresholdsTests {
  @Test("the standard thresholds are those of the method")
  func standard() throws {
    #expect(try AttributionThresholds() == .standard)
    #expect(AttributionThresholds.standard.consistentSimilarity == 0.80)
    #expect(AttributionThresholds.standard.consistentMargin == 0.35)
    #expect(AttributionThresholds.standard.noEvidenceSimilarity == 0.60)
    #expect(AttributionThresholds.standard.noEvidenceMargin == 0.15)
  }

  @Test("a threshold outside 0...1 is refused", arguments: [-0.5, 1.5, .nan, .infinity])
  func outOfRange(value: Double) {
    #expect(
      throws: AttributionError.thresholdOutOfRange(name: "consistentMargin", actual: "\(value)")
    ) { try AttributionThresholds(consistentMargin: value) }
  }

  @Test("thresholds that cross are refused, also in JSON")
  func crossing() {
    let error = AttributionError.thresholdsCross(
      name: "similarity", noEvidence: 0.9, consistent: 0.8)
    #expect(throws: error) { try AttributionThresholds(noEvidenceSimilarity: 0.9) }
    #expect(
      throws: AttributionError.thresholdsCross(name: "margin", noEvidence: 0.5, consistent: 0.35)
    ) { try AttributionThresholds(noEvidenceMargin: 0.5) }
    let text = """
      {"consistentSimilarity": 0.8, "consistentMargin": 0.35, "noEvidenceSimilarity": 0.9,
       "noEvidenceMargin": 0.15}
      """
    #expect(throws: error) {
      try JSONDecoder().decode(AttributionThresholds.self, from: Data(text.utf8))
    }
  }
}
