import Foundation
import LikelihoodRatios
import Testing

/// A number, or infinity as a text.
private struct Number: Decodable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      value = text == "inf" ? .infinity : -.infinity
    } else {
      value = try container.decode(Double.self)
    }
  }
}

private struct Recorded: Decodable {
  let llrs: [Number]
  let elub: [Double]
  let cllr: Double
  let cllr_min: Double
  let cllr_cal: Double
  let pav: [Number]
  let ece: [Number]
  let ece_pav: [Number]
  let ece_neutral: [Number]
  let intercept: Double?
  let slope: Double?
}

private struct Case: Decodable {
  let name: String
  let reuse: [Double]
  let innocent: [Double]
  let logistic: Recorded
  let kernel_density: Recorded
}

private struct Goldens: Decodable {
  let prior_log_odds: [Double]
  let cases: [Case]
}

/// Against `lir` 1.8.0 of the Netherlands Forensic Institute, recorded by
/// `Scripts/goldens/likelihood_ratios.py`.
@Suite struct LirGoldenTests {
  private func goldens() throws -> Goldens {
    let file = Bundle.module.bundleURL.appendingPathComponent("Goldens/lir.json")
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }

  private func expectClose(
    _ actual: [Double], _ expected: [Double], _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.count == expected.count, sourceLocation: sourceLocation)
    for (index, (a, b)) in zip(actual, expected).enumerated() where a != b {
      #expect(abs(a - b) <= 1e-6, "\(what) \(index)", sourceLocation: sourceLocation)
    }
  }

  @Test("ratios, bounds, costs, isotonic ratios and cross-entropies equal lir's within 1e-6")
  func lir() throws {
    let goldens = try goldens()
    #expect(goldens.cases.count == 6)
    for entry in goldens.cases {
      let scores = try LabelledScores(reuse: entry.reuse, innocent: entry.innocent)
      for (method, recorded) in [
        (LikelihoodRatioCalibrator.Method.logistic, entry.logistic),
        (.kernelDensity, entry.kernel_density),
      ] {
        let what = "\(entry.name), \(method.rawValue)"
        let calibrator = LikelihoodRatioCalibrator(method, to: scores)
        let ratios = try LabelledRatios(
          reuse: entry.reuse.map(calibrator.logRatio(of:)),
          innocent: entry.innocent.map(calibrator.logRatio(of:)))
        expectClose(ratios.reuse + ratios.innocent, recorded.llrs.map(\.value), "ratios, \(what)")
        let bounds = EmpiricalBounds(ratios)
        expectClose([bounds.lower, bounds.upper], recorded.elub, "bounds, \(what)")
        let bounded = try LabelledRatios(
          reuse: ratios.reuse.map(bounds.applied(to:)),
          innocent: ratios.innocent.map(bounds.applied(to:)))
        expectClose(
          [bounded.cost, bounded.leastCost, bounded.cost - bounded.leastCost],
          [recorded.cllr, recorded.cllr_min, recorded.cllr_cal], "costs, \(what)")
        let isotonic = bounded.isotonic
        expectClose(
          isotonic.reuse + isotonic.innocent, recorded.pav.map(\.value), "isotonic, \(what)")
        for (place, prior) in goldens.prior_log_odds.enumerated() {
          expectClose(
            [
              bounded.crossEntropy(priorLogOdds: prior),
              isotonic.crossEntropy(priorLogOdds: prior),
              LabelledRatios.neutralCrossEntropy(priorLogOdds: prior),
            ],
            [
              recorded.ece[place].value, recorded.ece_pav[place].value,
              recorded.ece_neutral[place].value,
            ], "cross-entropy at \(prior), \(what)")
        }
        if case .logistic(let line) = calibrator {
          expectClose(
            [line.intercept, line.slope], [recorded.intercept ?? .nan, recorded.slope ?? .nan],
            "line, \(what)")
        }
      }
    }
  }
}
