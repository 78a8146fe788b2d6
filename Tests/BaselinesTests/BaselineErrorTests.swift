import Baselines
import Diagnostics
import Testing

@Suite struct BaselineErrorTests {
  static let errors: [BaselineError] = [
    .nothingPaired(victim: "v", suspect: "s", expected: 1, actual: 0),
    .zeroVector(model: "s", vector: "all weights", expected: "more than 0", actual: 0),
    .noTaskVectors(model: "s", expected: "a mixture", actual: "a tower alone"),
    .sizeMismatch(victim: "v", suspect: "s", size: "`hidden_size`", expected: 4, actual: 8),
    .tooFewLayers(model: "s", expected: 2, actual: 1),
    .constantTerm(model: "s", layer: 2, term: "M", expected: "more than 0", actual: 0),
    .tooFewSamples(model: "s", expected: 4, actual: 3),
    .constantStates(model: "s", layer: 1, expected: "more than 0", actual: 0),
    .nonFiniteState(model: "s", layer: 1, sample: 4, expected: "a number", actual: .infinity),
  ]

  @Test func haveCodesOfTheirOwnAndSayWhereAndWhatToDo() {
    #expect(Set(Self.errors.map(\.code)).count == Self.errors.count)
    for error in Self.errors {
      #expect(error.code.hasPrefix("baseline."))
      #expect(error.location?.contains("s") == true)
      #expect(!error.hints.isEmpty && !error.what.hasSuffix("."))
    }
  }

  @Test func sayExpectedAndActual() {
    #expect(
      Self.errors[3].description
        == "the suspect's `hidden_size` is 8, the victim's is 4, at s, compared with v "
        + "[baseline.size-mismatch]")
    #expect(
      Self.errors[5].description
        == "the variance of the entries of M is 0.0, expected more than 0, at s, layer 2 "
        + "[baseline.constant-term]")
  }
}
