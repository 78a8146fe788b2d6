import LikelihoodRatios
import Testing

@Suite struct LikelihoodRatioValidationTests {
  /// Scores in steps, apart from each other by `gap`.
  private func scores(_ reuse: Int, _ innocent: Int, gap: Double) throws -> LabelledScores {
    try LabelledScores(
      reuse: (0..<reuse).map { gap + Double($0) / Double(reuse) },
      innocent: (0..<innocent).map { Double($0) / Double(innocent) })
  }

  @Test("perfect separation of 62 and 45 pairs is worth some 45 and 1/60, and costs about .03")
  func separated() throws {
    let validation = try LikelihoodRatioValidation(scores(62, 45, gap: 8), by: .logistic)
    // The last step of a grid of 0.01 within log10 of 46 and of 63.
    #expect(abs(validation.logRatio(of: 1e6) - 1.65) < 1e-9)
    #expect(abs(validation.logRatio(of: -1e6) + 1.78) < 1e-9)
    #expect(validation.ratios.cost > 0.01 && validation.ratios.cost < 0.06)
    #expect(validation.ratios.leastCost == 0)
    #expect(validation.ratios.misleadingReuse == 0 && validation.ratios.misleadingInnocent == 0)
  }

  @Test("no ratio ever exceeds the number of innocents + 1", arguments: [1, 2, 9, 45, 80])
  func cap(innocents: Int) throws {
    for method in LikelihoodRatioCalibrator.Method.allCases {
      for gap in [0, 0.5, 3, 1e6] {
        let scores = try scores(30, innocents + 1, gap: gap)
        let validation = try LikelihoodRatioValidation(scores, by: method)
        for score in [-1e9, -1, 0, 0.5, 1, gap, gap + 1, 1e9] {
          let ratio = validation.logRatio(of: score)
          #expect(ratio <= Double(innocents + 2).log10 && ratio >= -Double(31).log10)
        }
      }
    }
  }

  @Test("a group is judged without itself: a recipe that nobody else has shows its errors")
  func groups() throws {
    // Innocents of recipe b score like reuse.
    let scores = try LabelledScores(
      reuse: [4, 5, 6, 7, 4.5, 5.5], innocent: [0, 1, 0.5, 1.5, 5, 6])
    let whole = try LikelihoodRatioValidation(
      scores, by: .logistic,
      groups: .init(
        reuse: ["1", "2", "3", "4", "5", "6"], innocent: ["a", "a2", "a3", "a4", "b", "b"]))
    #expect(whole.ratios.misleadingInnocent >= 1.0 / 3)
    #expect(throws: LikelihoodRatioError.groupHasAll(name: "innocent", group: "a")) {
      try LikelihoodRatioValidation(
        scores, by: .logistic,
        groups: .init(
          reuse: [String](repeating: "r", count: 6), innocent: [String](repeating: "a", count: 6)))
    }
    #expect(throws: LikelihoodRatioError.self) {
      try LikelihoodRatioValidation(
        scores, by: .logistic, groups: .init(reuse: ["r"], innocent: ["a"]))
    }
  }

  @Test("scores of any scale give the same order and finite ratios")
  func scale() throws {
    for factor in [1e-90, 1e-6, 1, 1e6, 1e90] {
      let base = try scores(20, 20, gap: 0.3)
      let scaled = try LabelledScores(
        reuse: base.reuse.map { $0 * factor }, innocent: base.innocent.map { $0 * factor })
      for method in LikelihoodRatioCalibrator.Method.allCases {
        let validation = try LikelihoodRatioValidation(scaled, by: method)
        let all = validation.ratios.reuse + validation.ratios.innocent
        #expect(all.count { $0.isFinite } == 40)
        #expect(validation.ratios.leastCost <= validation.ratios.cost + 1e-12)
      }
    }
  }

  @Test("a Tippett plot has both shares at every step, from 1 down")
  func tippett() throws {
    let ratios = try LabelledRatios(reuse: [1, 2, -1], innocent: [-1, 0.5])
    #expect(ratios.tippettPoints.map(\.logRatio) == [-1, 0.5, 1, 2])
    let third = 1.0 / 3
    #expect(ratios.tippettPoints.map(\.reuse) == [1, 2 * third, 2 * third, third])
    #expect(ratios.tippettPoints.map(\.innocent) == [1, 0.5, 0, 0])
    #expect(ratios.misleadingReuse == 1.0 / 3 && ratios.misleadingInnocent == 0.5)
    let infinite = try LabelledRatios(reuse: [.infinity], innocent: [-.infinity])
    #expect(infinite.cost == 0 && infinite.leastCost == 0)
    let wrong = try LabelledRatios(reuse: [-.infinity], innocent: [0])
    #expect(wrong.cost == .infinity)
  }

  @Test("scores that are none are refused, naming the pair")
  func refusals() {
    #expect(throws: LikelihoodRatioError.noScores(name: "innocent")) {
      try LabelledScores(reuse: [1], innocent: [])
    }
    #expect(
      throws: LikelihoodRatioError.scoreOutOfRange(name: "reuse", index: 1, value: "nan")
    ) { try LabelledScores(reuse: [1, .nan], innocent: [1]) }
    #expect(throws: LikelihoodRatioError.self) {
      try LabelledRatios(reuse: [.nan], innocent: [1])
    }
  }
}

@Suite struct VerbalScaleTests {
  @Test("bands are those of ENFSI 2015, an edge belongs to the lower one")
  func bands() {
    for (ratio, band) in [
      (1.0, VerbalScale.none), (1.01, .weak), (10, .weak), (10.1, .moderate), (100, .moderate),
      (1000, .moderatelyStrong), (1001, .strong), (10_000, .strong), (1e6, .veryStrong),
      (1.1e6, .extremelyStrong),
    ] {
      #expect(VerbalScale(logRatio: ratio.log10) == band)
      #expect(VerbalScale(logRatio: -ratio.log10) == band)
    }
    #expect(VerbalScale(logRatio: .infinity) == .extremelyStrong)
    #expect(VerbalScale.table.count == VerbalScale.allCases.count)
  }

  @Test("a sentence is about the findings, with two significant digits")
  func sentences() {
    let expected =
      "The findings are about 46 times more probable if the suspect expert was made from the "
      + "victim's than if it was made independently (moderate support)."
    #expect(VerbalScale.sentence(logRatio: Double(46).log10) == expected)
    #expect(VerbalScale.sentence(logRatio: -1).contains("about 10 times"))
    #expect(VerbalScale.sentence(logRatio: -1).contains("if the suspect expert was made indep"))
    #expect(VerbalScale.sentence(logRatio: Double(1.26).log10).contains("1.3 times"))
    #expect(VerbalScale.sentence(logRatio: Double(12_345).log10).contains("12000 times"))
    #expect(VerbalScale.sentence(logRatio: 0).contains("no support"))
  }
}
