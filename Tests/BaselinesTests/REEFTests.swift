import Baselines
import Tensors
import Testing

@Suite struct REEFTests {
  @Test func equalsNumPyLayerByLayer() throws {
    for golden in try BaselineGoldens.read().cka {
      func states(_ name: String, _ width: Int, _ values: [Double]) throws -> ClassTokenStates {
        // Layer 1 repeats layer 0, so that a mixed-up index shows.
        try ClassTokenStates(
          model: name, layerCount: 2, sampleCount: golden.samples, width: width,
          values: (values + values.map { 2 * $0 }).map { Float($0) })
      }
      let result = try REEF(
        victim: states("victim", golden.firstWidth, golden.first),
        suspect: states("suspect", golden.secondWidth, golden.second))
      #expect(result.headlineLayer == 1 && result.sampleCount == golden.samples)
      for layer in result.layers {
        #expect(abs(layer.biased - golden.standardizedBiased) < 1e-10)
        #expect(abs(layer.unbiased - golden.standardizedUnbiased) < 1e-10)
      }
      #expect(result.biased == result.layers[1].biased)
    }
  }

  @Test func headlineIsWhereLayer18StandsAmong32() {
    #expect(REEF.headlineLayer(of: 32) == 18)
    #expect(REEF.headlineLayer(of: 12) == 7)
    #expect(REEF.headlineLayer(of: 24) == 13)
    #expect(REEF.headlineLayer(of: 1) == 0)
  }

  @Test func refusesOtherNumbersOfLayersAndSamples() throws {
    let victim = try states("victim", layers: 2, samples: 5)
    #expect(throws: mismatch("number of layers", 2, 3)) {
      try REEF(victim: victim, suspect: try states("suspect", layers: 3, samples: 5))
    }
    #expect(throws: mismatch("number of samples", 5, 6)) {
      try REEF(victim: victim, suspect: try states("suspect", layers: 2, samples: 6))
    }
  }

  @Test func refusesFewerThanFourSamples() throws {
    let few = try states("victim", layers: 2, samples: 3)
    #expect(throws: BaselineError.tooFewSamples(model: "victim", expected: 4, actual: 3)) {
      try REEF(victim: few, suspect: few)
    }
  }

  @Test func refusesStatesThatAreAllAlike() throws {
    let victim = try states("victim", layers: 2, samples: 5)
    let alike = try ClassTokenStates(
      model: "suspect", layerCount: 2, sampleCount: 5, width: 4,
      values: [Float](repeating: 0.1, count: 40))
    #expect(
      throws: BaselineError.constantStates(
        model: "suspect", layer: 0, expected: "more than 0 between at least two pairs of samples",
        actual: 0)
    ) { try REEF(victim: victim, suspect: alike) }
  }

  @Test func refusesAStateThatIsNotFinite() throws {
    var values = [Float](repeating: 1, count: 2 * 5 * 3)
    values[1 * 15 + 4 * 3 + 2] = .infinity
    #expect(
      throws: BaselineError.nonFiniteState(
        model: "m", layer: 1, sample: 4, expected: "a finite number", actual: .infinity)
    ) {
      try ClassTokenStates(
        model: "m", layerCount: 2, sampleCount: 5, width: 3, values: values)
    }
  }

  private func mismatch(_ size: String, _ expected: Int, _ actual: Int) -> BaselineError {
    .sizeMismatch(
      victim: "victim", suspect: "suspect", size: size, expected: expected, actual: actual)
  }

  private func states(_ name: String, layers: Int, samples: Int) throws -> ClassTokenStates {
    var generator = SeededGenerator(seed: 3)
    return try ClassTokenStates(
      model: name, layerCount: layers, sampleCount: samples, width: 4,
      values: (0..<layers * samples * 4).map { _ in Float(generator.normal()) })
  }
}
