import Foundation
import RoutingFingerprints
import Testing

@Suite struct RoutingPreferenceFingerprintTests {
  func preference(_ rows: [Double]...) -> RoutingPreferenceFingerprint {
    RoutingPreferenceFingerprint(distributions: rows)
  }

  @Test("equations 11 and 12: scores are summed over layers, then softmax over tasks")
  func globalPreference() {
    let scores = RoutingScoreFingerprint(values: [[-2, 1], [1, 2]])  // sums -1 and 3
    let preference = RoutingPreferenceFingerprint(scores, mode: .global)
    let expected = [1 / (1 + exp(4.0)), exp(4.0) / (1 + exp(4.0))]
    #expect(preference.distributions.count == 1)
    for (actual, expected) in zip(preference.overall, expected) {
      #expect(abs(actual - expected) < 1e-15)
    }
  }

  @Test("per layer: one softmax over tasks for each layer")
  func perLayerPreference() {
    let scores = RoutingScoreFingerprint(values: [[0, log(3)], [0, 0]])
    let preference = RoutingPreferenceFingerprint(scores, mode: .perLayer)
    #expect(preference.distributions[0] == [0.5, 0.5])
    #expect(abs(preference.distributions[1][0] - 0.75) < 1e-15)
    #expect(abs(preference.overall[0] - 0.625) < 1e-15)
  }

  @Test("a score of 1e38 gives a distribution, not NaN")
  func softmaxIsStable() {
    let scores = RoutingScoreFingerprint(values: [[1e38], [-1e38], [0]])
    #expect(RoutingPreferenceFingerprint(scores, mode: .global).overall == [1, 0, 0])
  }

  @Test("one task is preferred with probability 1")
  func oneTask() {
    let scores = RoutingScoreFingerprint(values: [[0.3, -7]])
    #expect(RoutingPreferenceFingerprint(scores, mode: .global).distributions == [[1]])
  }

  @Test("equation 14: disjoint preferences are 0 alike in base two, 1 - ln 2 in the natural base")
  func disjointPreferences() {
    let (a, b) = (preference([1, 0]), preference([0, 1]))
    #expect(a.similarity(to: b, base: .two) == 0)
    #expect(abs(a.similarity(to: b, base: .natural) - (1 - log(2))) < 1e-15)
  }

  @Test("equation 14: JSD((1, 0), (1/2, 1/2)) is 3/4 log2(4/3)")
  func halfOverlap() {
    let (a, b) = (preference([1, 0]), preference([0.5, 0.5]))
    #expect(abs(a.divergence(from: b, base: .two) - 0.75 * log2(4.0 / 3)) < 1e-15)
    #expect(abs(a.divergence(from: b, base: .natural) - 0.75 * log(4.0 / 3)) < 1e-15)
  }

  @Test("per layer: the similarity is the mean over layers")
  func perLayerSimilarity() {
    let (a, b) = (preference([1, 0], [1, 0]), preference([0, 1], [1, 0]))
    #expect(a.similarity(to: b, base: .two) == 0.5)
  }

  @Test(
    "similarity is in 0...1, symmetric to the bit and 1 with itself", arguments: UInt64(0)..<40,
    RPFMode.allCases)
  func properties(seed: UInt64, mode: RPFMode) throws {
    let fingerprint = try SeededTrace(seed: seed).sums().fingerprint(
      FingerprintOptions(rpfMode: mode))
    for base in JSDBase.allCases {
      for left in fingerprint.routingPreferences {
        #expect(left.similarity(to: left, base: base) == 1)
        for right in fingerprint.routingPreferences {
          let similarity = left.similarity(to: right, base: base)
          #expect((0...1).contains(similarity), "seed \(seed)")
          #expect(similarity == right.similarity(to: left, base: base), "seed \(seed)")
        }
      }
    }
  }
}
